# Stands in for apicurio/apicurio-registry: the application itself, in the Java of this machine.
FROM debian:bookworm-slim
COPY java /opt/java
COPY registry /opt/registry
USER 1001
WORKDIR /opt/registry
CMD ["/opt/java/bin/java", "-jar", "quarkus-run.jar"]
