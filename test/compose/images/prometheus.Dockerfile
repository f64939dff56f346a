# Stands in for prom/prometheus: Debian's Prometheus, started as that image starts it.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends busybox prometheus \
  && rm -rf /var/lib/apt/lists/*
RUN install -d -o nobody /prometheus && ln -s /bin/busybox /usr/local/bin/wget
USER nobody
VOLUME ["/prometheus"]
ENTRYPOINT ["/usr/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
