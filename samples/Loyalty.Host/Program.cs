using System.CommandLine;
using Loyalty.Host;

var configuration = new ParserConfiguration
{
    // A handle may start with @, which would otherwise name a file of arguments.
    ResponseFileTokenReplacer = null,
};
var parsed = Commands.Root().Parse(args, configuration);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"loyalty: {error.Message}");
    }

    Console.Error.WriteLine("loyalty: wrong usage; `loyalty --help` and `loyalty COMMAND --help` show what is expected.");
    return ExitCode.Usage;
}

return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
