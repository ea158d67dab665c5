// swift-tools-version: 6.1
import PackageDescription

// libFuzzer harnesses, one for each thing that Akuru reads. `Launch/develop/fuzz` builds and runs them; libFuzzer brings `main`.
let readers = [
  "png", "jpeg", "tiff", "webp", "csv", "jsonl", "lists", "pairs", "pages", "shards", "safetensors", "checkpoint",
  "config", "alphabet", "metrics", "augmentation", "network", "kraken", "lm",
]

let package = Package(
  name: "akuru-fuzz",
  products: readers.map { .executable(name: "akuru-fuzz-\($0)", targets: ["akuru-fuzz-\($0)"]) },
  dependencies: [.package(name: "akuru", path: "../..")],
  targets: [.target(name: "FuzzSupport")]
    + readers.map {
      .executableTarget(
        name: "akuru-fuzz-\($0)", dependencies: ["FuzzSupport", .product(name: "AkuruReaders", package: "akuru")],
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    },
  swiftLanguageModes: [.v6]
)
