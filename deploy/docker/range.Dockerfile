# The two hosts of the demo: one that is scanned, and one that scans it.
FROM debian:bookworm-slim AS target
RUN apt-get update \
  && apt-get install --yes --no-install-recommends busybox \
  && rm -rf /var/lib/apt/lists/*
RUN mkdir /srv/www && echo 'A strict-access host.' > /srv/www/index.html
USER nobody
EXPOSE 8080
CMD ["busybox", "httpd", "-f", "-p", "8080", "-h", "/srv/www"]

FROM debian:bookworm-slim AS scanner
RUN apt-get update \
  && apt-get install --yes --no-install-recommends nmap \
  && rm -rf /var/lib/apt/lists/*
COPY deploy/docker/scan.sh /usr/local/bin/scan
USER nobody
CMD ["scan", "target"]
