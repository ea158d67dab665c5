/// Akuru's version, compared over ranks and written to `config.json`.
public let akuruVersion = "0.1.0"
