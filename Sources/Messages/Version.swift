/// Akuru's version, compared over ranks and written to `config.json`.
package let akuruVersion = "0.1.0"
