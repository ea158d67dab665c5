import Files
import Foundation
import Testing

@Suite struct MachineRefusalTests {
  /// What the machine refuses is told from what is wrong with a file.
  @Test(arguments: [
    (EACCES, true), (EPERM, true), (EMFILE, true), (ENFILE, true), (EIO, true), (ESTALE, true), (ENOMEM, true),
    (ETIMEDOUT, true),
    (ENOENT, false), (ENOTDIR, false), (EISDIR, false), (ELOOP, false), (ENAMETOOLONG, false),
    (FileError.notRegular, false),
  ])
  func isOfMachine(_ code: Int32, _ expected: Bool) {
    #expect(FileError("read", "file", code: code).isOfMachine == expected)
  }
}
