import Foundation
import Images
import Messages
import Testing

@Suite struct RegularFileTests {
  /// A pipe or a device could keep whoever reads it waiting.
  @Test func onlyRegularFilesAreRead() throws {
    try withTemporaryDirectory { folder in
      let pipe = folder + "/a\nb.png"
      #expect(mkfifo(pipe, 0o600) == 0)
      for path in [pipe, "/dev/zero"] {
        let expected = path.onOneLine + ": cannot read: not a regular file"
        #expect(imageError { () throws(ImageError) in _ = try PNG.read(path: path) }?.description == expected)
        #expect(imageError { () throws(ImageError) in _ = try ImageFile.size(path: path) }?.description == expected)
      }
    }
  }
}
