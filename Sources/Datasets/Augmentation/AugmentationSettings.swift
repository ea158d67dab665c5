import Messages
import Settings

/// The augmentation of training images.
package struct AugmentationSettings: SettingsGroup {
  /// The augmentation, resolved: a file that a user named is not read again. A user gives a name or a file, see
  /// `Augmentation.init(argument:)`.
  package var augment = Augmentation.default

  package init(_ augment: Augmentation = .default) { self.augment = augment }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    guard decoder.userInfo[.takesArguments] != nil, let argument = try? values.decode(String.self, forKey: .augment)
    else {
      augment = try values.decode(Augmentation.self, forKey: .augment)
      return
    }
    do {
      augment = try Augmentation(argument: argument)
    } catch {
      throw ConfigurationError(option: "augment", " \(error)")
    }
  }

  package func validate() throws {
    do {
      try augment.validate()
    } catch {
      throw ConfigurationError(option: "augment", ": \(error)")
    }
  }
}
