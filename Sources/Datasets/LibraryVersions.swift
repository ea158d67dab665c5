import Images
import Tensors

/// The libraries whose versions decide which bits a rank computes from data, besides OpenBLAS.
package enum LibraryVersions {
  /// The name and the version of each, the same on machines that give the same bits.
  package static var all: [(name: String, value: String)] {
    [("the mathematical library", MathLibrary.identity)] + ImageLibraries.versions
      + [("FriBidi", DisplayOrder.libraryVersion)]
  }

  /// What to do if ranks differ in one of them.
  package static let remedy = "install the same packages on all machines, or start all ranks from one container image"
}
