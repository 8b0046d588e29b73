FROM scratch
ADD root.tar /
ARG VERSION DATA VOLUME
ENV PATH=/usr/lib/postgresql/$VERSION/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    PG_MAJOR=$VERSION \
    PGDATA=$DATA
VOLUME $VOLUME
EXPOSE 5432
# The fast shutdown: PostgreSQL would wait for its clients on SIGTERM.
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
