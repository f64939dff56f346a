# The three programs, from the package that users install.
FROM node:24-bookworm-slim AS build
# What apt knows stays: the package is built with libraries that come by it.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends bpftool ca-certificates clang libbpf-dev lld make
# The authorities of a proxy, if there is one: deploy/docker/ca/README.md
COPY deploy/docker/ca/ /usr/local/share/ca-certificates/
RUN update-ca-certificates
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
# Another registry than npm's own.
ARG NPM_CONFIG_REGISTRY
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN node scripts/package/main.ts \
  && npm install --global --prefix /opt/port-ticker --no-audit --no-fund build/package/port-ticker-*.tgz

# Node without npm, which nothing needs here.
FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libelf1 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 1000 --no-create-home --shell /usr/sbin/nologin port-ticker \
  && install -d -o port-ticker /run/http-token
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY deploy/docker/ready.sh /usr/local/bin/ready
COPY deploy/docker/with-token.sh /usr/local/bin/with-token
COPY --from=build /opt/port-ticker /opt/port-ticker
ENV NODE_ENV=production PATH=/opt/port-ticker/bin:/usr/local/bin:/usr/bin:/bin
USER port-ticker
CMD ["ticker_ctl", "--help"]
