import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "sheet": exit(SheetCommand.run(Array(arguments.dropFirst())))
case "fonts": exit(FontsCommand.run(Array(arguments.dropFirst())))
case "words": exit(WordsCommand.run(Array(arguments.dropFirst())))
default: exit(SynthCommand.run(arguments))
}
