#!/bin/sh
# Makes the settings of the environment and formats the data directory as the image of Kafka does: with its wrapper.
set -eu
export JAVA_TOOL_OPTIONS="$KAFKA_HEAP_OPTS -Dlog4j2.level=WARN"
set -- -cp '/opt/kafka/libs/*'

java "$@" kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config > /tmp/setup.log 2>&1 \
  || grep -q 'already formatted' /tmp/setup.log || { cat /tmp/setup.log >&2; exit 1; }
exec java "$@" kafka.Kafka /opt/kafka/config/server.properties
