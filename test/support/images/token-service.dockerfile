FROM scratch
ADD root.tar /
USER 1000
EXPOSE 8090
ENTRYPOINT ["/usr/bin/node", "/app/node_modules/cdktf-secured-postgrest/dist/cli/main.js"]
