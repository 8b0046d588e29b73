FROM scratch
ADD root.tar /
USER 1000
ENTRYPOINT ["/usr/bin/curl"]
