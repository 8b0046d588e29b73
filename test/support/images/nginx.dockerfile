FROM scratch
ADD root.tar /
USER 101
EXPOSE 8080
# nginx answers the requests that it has.
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
