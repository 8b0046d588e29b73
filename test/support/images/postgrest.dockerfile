FROM scratch
ADD root.tar /
USER 1000
EXPOSE 3000
CMD ["/bin/postgrest"]
