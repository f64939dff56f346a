# Stands in for apache/kafka: the broker's own jars, user, directories and way of reading the environment.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
  && rm -rf /var/lib/apt/lists/*
COPY lib /opt/kafka/libs
COPY kafka.sh /etc/kafka/docker/run
RUN useradd --uid 1000 --create-home appuser \
  && mkdir -p /opt/kafka/config /mnt/shared/config /var/lib/kafka/data \
  && touch /etc/kafka/docker/server.properties /etc/kafka/docker/log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml \
  && chown -R appuser /opt/kafka/config /mnt/shared/config /var/lib/kafka
USER appuser
VOLUME ["/var/lib/kafka/data", "/mnt/shared/config"]
CMD ["/etc/kafka/docker/run"]
