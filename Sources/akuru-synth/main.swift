import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
exit(arguments.first == "sheet" ? SheetCommand.run(Array(arguments.dropFirst())) : SynthCommand.run(arguments))
