# dcm2fhir in a container: builds with the oldest Rust that the project takes, runs as a user without rights.
#
#   docker build -t dcm2fhir .
#   docker run --rm --user "$(id -u):$(id -g)" --network none -v "$PWD/archive:/archive:ro" -v "$PWD/studies:/studies" \
#     dcm2fhir convert /archive -o /studies --fhir r4

FROM rust:1.89-slim-bookworm AS build
WORKDIR /build
COPY . .
RUN CARGO_PROFILE_RELEASE_STRIP=true cargo build --release --locked --features objects --bin dcm2fhir

FROM debian:bookworm-slim
RUN useradd --system --uid 65532 --no-create-home --shell /usr/sbin/nologin dcm2fhir
COPY --from=build /build/target/release/dcm2fhir /usr/local/bin/dcm2fhir
USER 65532:65532
WORKDIR /data
ENTRYPOINT ["dcm2fhir"]
CMD ["--help"]
