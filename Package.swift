// swift-tools-version: 6.1
import PackageDescription

// Code generation for the targets that hold hot loops. AVX2 + FMA (x86-64-v3) is the portable default;
// `AKURU_MARCH=native swift build -c release` builds for this machine only.
#if arch(x86_64)
  let march = Context.environment["AKURU_MARCH"] ?? "x86-64-v3"
  let kernelSettings: [SwiftSetting] = [.unsafeFlags(["-Ounchecked", "-Xcc", "-march=\(march)"])]
  // Pages are decoded and cut with the same instructions, and with checks.
  let imageSettings: [SwiftSetting] = [.unsafeFlags(["-Xcc", "-march=\(march)"])]
#else
  let kernelSettings: [SwiftSetting] = [.unsafeFlags(["-Ounchecked"])]
  let imageSettings: [SwiftSetting] = []
#endif

// Tests are compiled fast: what they test is not theirs to optimize.
let testSettings: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

/// The tests of a target, in `Tests/NAMETests`, and what else they import.
func tests(
  _ name: String, _ others: [String], under: [String]? = nil, exclude: [String] = [], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: ((under ?? [name]) + others + ["TestSupport"]).map { .init(stringLiteral: $0) },
    exclude: exclude, resources: resources, swiftSettings: testSettings)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let httpServer = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let sockets = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// The MPI that programs are built for, by AKURU_MPI: Launch/docs/clusters.md says which to take.
let mpi: (name: String, package: String, debianPackages: [String]) = {
  switch Context.environment["AKURU_MPI"] ?? "openmpi" {
  case "openmpi": ("openmpi", "ompi-c", ["libopenmpi-dev", "openmpi-bin"])
  case "mpich": ("mpich", "mpich", ["libmpich-dev", "mpich"])
  case "abi": ("abi", "mpi_abi", [])
  case let other: fatalError("AKURU_MPI=\(other): it is openmpi, mpich or abi")
  }
}()

let package = Package(
  name: "akuru",
  products: [
    .executable(name: "akuru", targets: ["akuru"]),
    .executable(name: "akuru-synth", targets: ["akuru-synth"]),
    // What reads files, for the package in Tests/Fuzz.
    .library(
      name: "AkuruReaders", type: .static,
      targets: [
        "Images", "Datasets", "NeuralNetwork", "Checkpoints", "Recognition", "Reporting", "Settings", "Messages",
        "Training",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    // For `Launch/develop/document`; nothing is built of it.
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
  ],
  targets: [
    // C libraries: a module map and static inlines each, imported by one Swift target only.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .systemLibrary(name: "CTIFF", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CFriBidi", pkgConfig: "fribidi", providers: [.apt(["libfribidi-dev"])]),
    .systemLibrary(
      name: "CMPI", path: "Sources/CMPI/\(mpi.name)", pkgConfig: mpi.package, providers: [.apt(mpi.debianPackages)]),
    .systemLibrary(
      name: "CPango", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),

    // Base: any target may import these. Messages: texts for people. Instrumentation: what watches and disturbs a process.
    // Files: how files are opened, read, written and replaced. Console: the log and the terminal.
    .target(name: "Messages"),
    .target(name: "Instrumentation", dependencies: ["Messages"]),
    .target(name: "Files", dependencies: ["Instrumentation", "Messages"]),
    .target(name: "Console", dependencies: ["Files", "Messages", logging]),
    .target(name: "Settings", dependencies: ["Files", "Messages"]),
    .target(name: "Hashing", dependencies: ["COpenSSL"]),

    .target(name: "Tensors", dependencies: ["COpenBLAS"], swiftSettings: kernelSettings),
    .target(name: "NeuralNetwork", dependencies: ["Tensors", "Settings", "Messages"], swiftSettings: kernelSettings),
    .target(
      name: "Images", dependencies: ["CPNG", "CJPEG", "CTIFF", "CWebP", "Tensors", "Files", "Messages"],
      swiftSettings: imageSettings),
    .target(
      name: "Datasets",
      dependencies: ["CArchive", "CFriBidi", "CXML2", "Images", "Hashing", "Tensors", "Settings", "Files", "Messages"]),
    .target(name: "MessagePassing", dependencies: ["CMPI", "Tensors", "Settings", "Instrumentation", "Messages"]),
    .target(
      name: "Checkpoints", dependencies: ["Hashing", "Settings", "Files", "Instrumentation", "Messages", logging]),
    .target(
      name: "DataPreparation",
      dependencies: [
        "Datasets", "Images", "MessagePassing", "Console", "Files", "Instrumentation", "Messages", logging,
      ]),
    // ONNX's own schema (PyPI package onnx 1.23.2), unchanged, and what `protoc --swift_out=. --swift_opt=Visibility=Package
    // onnx.proto` makes of it with the plugin of swift-protobuf 1.39.0.
    .target(name: "ONNXSchema", dependencies: [protobuf], exclude: ["onnx.proto", "LICENSE"]),
    .target(
      name: "Recognition",
      dependencies: [
        "NeuralNetwork", "DataPreparation", "Datasets", "Images", "MessagePassing", "Checkpoints", "Tensors",
        "Hashing", "ONNXSchema", "Console", "Files", "Instrumentation", "Messages", logging, protobuf,
      ]),
    // What Akuru writes of TensorBoard's event files, generated in the same way.
    .target(
      name: "TensorBoardSchema", dependencies: [protobuf], exclude: ["event.proto", "hparams.proto", "LICENSE"]),
    .target(
      name: "Reporting",
      dependencies: [
        "Recognition", "DataPreparation", "NeuralNetwork", "Datasets", "Images", "TensorBoardSchema", "Files",
        "Messages",
        logging, protobuf,
      ]),
    .target(name: "Survival", dependencies: ["MessagePassing", "Settings", "Instrumentation", "Messages"]),
    .target(
      name: "Training",
      dependencies: [
        "Reporting", "Survival", "Recognition", "DataPreparation", "Checkpoints", "NeuralNetwork", "Datasets",
        "MessagePassing", "Tensors", "Hashing", "Settings", "Console", "Files", "Instrumentation", "Messages", logging,
      ]),
    .target(
      name: "Diagnostics",
      dependencies: [
        "Training", "Recognition", "DataPreparation", "NeuralNetwork", "Datasets", "Images", "MessagePassing",
        "Tensors",
        "Hashing", "Settings", "Console", "Files", "Messages",
      ]),
    // The page and the JSON endpoint of `akuru serve`.
    .target(
      name: "Serving", dependencies: ["Recognition", "Datasets", "Images", "Files", "Messages", httpServer, sockets]),
    .target(name: "Typesetting", dependencies: ["CPango", "Images", "Tensors", "Messages"]),

    .executableTarget(
      name: "akuru",
      dependencies: [
        "Diagnostics", "Training", "Survival", "Reporting", "Recognition", "DataPreparation", "Serving", "Datasets",
        "Images", "MessagePassing", "NeuralNetwork", "Tensors", "Settings", "Console", "Files", "Instrumentation",
        "Messages",
        argumentParser,
      ]),
    .executableTarget(name: "akuru-synth", dependencies: ["Typesetting", "Images", "Messages", argumentParser]),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: testSettings),
    tests("Messages", ["Tensors"]),
    tests("Instrumentation", ["Messages"]),
    tests("Files", ["Messages"]),
    tests("Console", []),
    tests("Settings", ["Messages"]),
    tests("Serving", ["Tensors"]),
    tests("Hashing", []),
    tests("Tensors", []),
    tests(
      "NeuralNetwork", ["Tensors", "Messages", "Settings"],
      exclude: [
        "Goldens/generate_layers.py", "Goldens/generate_sequence.py", "Goldens/generate_models.py",
        "Goldens/generate_optimizers.py", "Goldens/generate_lamb.py",
      ],
      resources: [.copy("Goldens/fixtures")]),
    tests(
      "Images", ["Tensors", "Messages"],
      exclude: ["Goldens/generate.py", "Goldens/generate_jpeg.py", "Goldens/generate_formats.py"],
      resources: [.copy("Goldens/fixtures")]),
    tests("Datasets", ["Images", "Tensors", "Files", "Messages", "Settings"]),
    tests("MessagePassing", ["Tensors"]),
    tests("Checkpoints", ["Files", "Messages", "Tensors"]),
    tests(
      "Recognition",
      [
        "Checkpoints", "Console", "DataPreparation", "Datasets", "Images", "MessagePassing", "Messages",
        "NeuralNetwork", "Tensors",
      ]),
    tests("Reporting", ["Console", "Files", "Messages", "Recognition", "TensorBoardSchema"]),
    tests("Survival", ["Instrumentation", "MessagePassing"]),
    tests(
      "Training",
      [
        "Checkpoints", "Console", "Datasets", "Files", "Instrumentation", "MessagePassing", "Messages",
        "NeuralNetwork", "Recognition", "Reporting", "Settings", "Tensors",
      ]),
    tests("Diagnostics", ["Datasets", "Messages", "Training"]),
    tests("Typesetting", ["Images", "Messages", "Tensors"]),
    // These start programs. A dependency on one would only have the compiler wait for it: `swift test` builds all.
    tests(
      "Command",
      [
        "Checkpoints", "Datasets", "Files", "Hashing", "Images", "Messages", "NeuralNetwork", "Recognition", "Settings",
        "Survival", "Tensors", "Training",
      ], under: [],
      exclude: ["Goldens/generate_pretrained.py", "Goldens/checkpoints.json"],
      resources: [
        .copy("Interchange/Scripts"), .copy("Goldens/fixtures"), .copy("Serving/check_page.py"),
        .copy("Serving/check_correcting.py"),
      ]),
    .executableTarget(
      name: "CollectivesCheck", dependencies: ["MessagePassing", "Tensors"], path: "Tests/CollectivesCheck"),
  ],
  swiftLanguageModes: [.v6]
)
