import Foundation

exit(SynthCommand.run(Array(CommandLine.arguments.dropFirst())))
