import Messages

/// What a validation set has in common with the training set. An error rate on such data says little of unseen data.
package struct SharedData: Encodable, Sendable, Equatable {
  /// A number that is shared, of all of the validation set.
  package struct Share: Encodable, Sendable, Equatable {
    package var shared = 0
    package var of = 0

    fileprivate init(_ own: Set<String>, sharedWith known: Set<String>) {
      (shared, of) = (own.count { known.contains($0) }, own.count)
    }
  }

  /// Distinct texts.
  package let texts: Share
  /// Pages: a page is shared if its file or its image is.
  package let pages: Share
  /// Folders of images. All zero if the data sets have only one, which tells of no book.
  package let folders: Share
  /// Images whose text is shared.
  package let imagesWithText: Int
  /// Images whose files have the same bytes as a training image's.
  package let images: Int

  /// - Parameter images: images whose files have the same bytes as a training image's.
  package init(of validation: DataSet, with training: DataSet, images: Int) {
    self.images = images
    let (known, own) = (Traits(training), Traits(validation))
    let knownTexts = known.texts
    texts = Share(own.texts, sharedWith: knownTexts)
    imagesWithText = validation.records.count { $0.fault == nil && knownTexts.contains($0.text) }
    var pages = Share(Set(own.pages.keys), sharedWith: Set(known.pages.keys))
    let knownImages = Set(known.pages.values)
    pages.shared = own.pages.count { known.pages[$0.key] != nil || knownImages.contains($0.value) }
    self.pages = pages
    folders =
      own.folders.union(known.folders).count > 1
      ? Share(own.folders, sharedWith: known.folders) : Share([], sharedWith: [])
  }

  /// A sentence for each kind of thing that is shared.
  package var warnings: [String] { warnings() }

  /// - Parameter unit: what was kept together when both sets were split from one. The user has no choice then, so nothing
  ///   is said of pages and folders that other units divide.
  package func warnings(afterSplitBy unit: SplitUnit? = nil) -> [String] {
    var lines: [String] = []
    if images > 0 {
      lines.append(
        "\(images) validation images are also training images: the error rates will look better than they are")
    }
    if pages.shared > 0 && unit == nil {
      lines.append(
        "\(SharedData.words(pages, "validation page")) also \(SharedData.noun(pages, "page")): "
          + "the error rates say little of unseen pages; akuru split --by page keeps pages apart")
    }
    if folders.shared > 0 && unit == nil {
      lines.append(
        "\(SharedData.words(folders, "validation folder")) also \(SharedData.noun(folders, "folder")): "
          + "the error rates say little of unseen books; akuru split --by folder keeps folders apart")
    }
    if texts.shared > 0 {
      lines.append(
        "\(SharedData.words(texts, "validation text")) also \(SharedData.noun(texts, "text")) "
          + "(\(counted(imagesWithText, "image"))): the error rates say less of unseen texts; akuru split --by text keeps texts apart"
      )
    }
    return lines
  }

  /// "3 of 4 validation pages (75.00 %) are".
  private static func words(_ share: Share, _ noun: String) -> String {
    "\(share.shared) of \(counted(share.of, noun)) (\(percent(Double(share.shared) / Double(share.of)))) "
      + (share.shared == 1 ? "is" : "are")
  }

  private static func noun(_ share: Share, _ noun: String) -> String {
    share.shared == 1 ? "a training \(noun)" : "training \(noun)s"
  }

  /// What of a data set may be shared.
  private struct Traits {
    var texts: Set<String> = []
    /// The image of each page, by the page's file.
    var pages: [String: String] = [:]
    var folders: Set<String> = []

    init(_ dataSet: DataSet) {
      var places = RecordPlaces()
      for record in dataSet.records where record.fault == nil {
        texts.insert(record.text)
        folders.insert(places.folder(of: record))
        if let file = places.pageFile(of: record) { pages[file] = places.pageImage(of: record) }
      }
    }
  }
}
