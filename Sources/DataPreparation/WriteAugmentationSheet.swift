import Datasets
import Files
import Images
import MessagePassing
import Messages

/// Writes a picture of augmented images as training would see them, on rank 0: `akuru augment-sheet`.
///
/// - Parameters:
///   - argument: the data set.
///   - geometry: the model's requirements of its images.
///   - count: images of the data set, 1...1000.
///   - versions: augmented versions of each, 1...20.
/// - Throws: `ConfigurationError`, also for a file that exists, `DataSetError`, and `FileError` if the picture cannot be written.
package func writeAugmentationSheet(
  of argument: String, _ reading: ReadingOptions, geometry: InputGeometry, augmentation: Augmentation, seed: UInt64,
  count: Int, versions: Int,
  to path: String, over communicator: Communicator
) throws {
  try communicator.together {
    guard (1...1000).contains(count) else { throw ConfigurationError("--count \(count): must be 1 to 1000 images") }
    guard (1...20).contains(versions) else {
      throw ConfigurationError("--versions \(versions): must be 1 to 20 versions of an image")
    }
    guard communicator.rank == 0 else { return }
    try requireNewFile(path)
    let sheet = AugmentationSheet(
      try DataSet.load(argument, reading), geometry: geometry, augmentation: augmentation, seed: seed,
      versions: versions)
    try createFolder(of: path)
    try AtomicFile.write(PNG.encode(sheet.image(count: count)), to: path)
  }
}
