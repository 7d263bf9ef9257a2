# The control plane. Built from the repository's root:
#     docker build -f deploy/docker/control.Dockerfile -t trafficinator/control .
# Runs on BuildKit and on the classic builder alike: no syntax line, no mounts.

ARG RUST_VERSION=1.95.0
ARG NODE_VERSION=20

# ---- web: the page
FROM node:${NODE_VERSION}-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web .
RUN npm run build

# ---- toolchain: the compiler, and what writes the list of dependencies into the program (for SBOM scanners)
FROM rust:${RUST_VERSION}-bookworm AS toolchain
RUN cargo install --locked --version 0.7.7 cargo-auditable
WORKDIR /src

# ---- manifests: the workspace without its code. Its content changes only with the dependencies, and so does the key
# under which the layer that builds them is cached.
FROM toolchain AS manifests
COPY . .
RUN find crates -name '*.rs' ! -path '*/src/lib.rs' ! -path '*/src/main.rs' ! -path '*/benches/*' -delete \
    && find crates -path '*/src/lib.rs' -exec truncate -s 0 {} + \
    && for file in $(find crates -path '*/src/main.rs' -o -path '*/benches/*.rs'); do echo 'fn main() {}' > "$file"; done \
    && find crates -type f ! -name '*.rs' ! -name Cargo.toml -delete \
    && find crates -type d -empty -delete \
    && rm -rf config web LICENSE

# ---- build: first the dependencies, then the program
FROM toolchain AS build
# `dist` is what is published; `release` compiles in half the time.
ARG PROFILE=release
# Linked statically, the program needs nothing of its image. The target is named so that procedural macros, which run
# on the builder, are not linked that way.
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=manifests /src .
RUN cargo auditable build --profile "$PROFILE" --locked --target "$(rustc --print host-tuple)" -p control
COPY crates crates
COPY config config
COPY --from=web /src/web/dist web/dist
# Copied files are as old as they are in the repository; cargo must see that they are newer than the empty ones.
RUN find crates -name '*.rs' -exec touch {} + \
    && cargo auditable build --profile "$PROFILE" --locked --target "$(rustc --print host-tuple)" -p control \
    && mkdir -p /image/bin /image/etc/ssl/certs /image/licenses /image/tmp /owned/data \
    && cp "target/$(rustc --print host-tuple)/$PROFILE/control" /image/bin/ \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'app:x:10001:10001:Trafficinator:/app:/sbin/nologin' > /image/etc/passwd \
    && echo 'app:x:10001:' > /image/etc/group \
    && chmod 1777 /image/tmp
COPY crates/control/LICENSE /image/licenses/

# ---- the image: the program, authorities to trust, a user. No shell, no package manager.
# The built-in lists and the time zones are in the program.
FROM scratch
COPY --from=build /image /
COPY --from=build --chown=10001:10001 /owned/ /app/
ENV PATH=/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 10001:10001
WORKDIR /app
VOLUME /app/data
STOPSIGNAL SIGTERM
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["/bin/control", "healthcheck"]
ENTRYPOINT ["/bin/control"]

ARG VERSION=0.0.0-dev
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="trafficinator/control" \
      org.opencontainers.image.description="The control plane of Trafficinator: runs the load generator from an API" \
      org.opencontainers.image.source="https://github.com/trafficinator/trafficinator" \
      org.opencontainers.image.documentation="https://github.com/trafficinator/trafficinator/blob/main/docs/deployment.md" \
      org.opencontainers.image.vendor="Trafficinator" \
      org.opencontainers.image.licenses="GPL-3.0-or-later" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
