using System.CommandLine;
using System.Runtime.InteropServices;
using Loyalty.Host;
using Loyalty.Host.Output;

// SIGXFSZ, which has no name among the signals of the library.
const int FileTooLarge = 25;

LargePages.Ask();

// What files say reaches a terminal as text only; data goes to the raw streams.
Console.SetOut(new ShownText(Console.Out));
Console.SetError(new ShownText(Console.Error));
var configuration = new ParserConfiguration
{
    // A handle may start with @, which would otherwise name a file of arguments.
    ResponseFileTokenReplacer = null,
};
ParseResult parsed;
try
{
    parsed = Commands.Root().Parse(args, configuration);
}
catch (InvalidOperationException e)
{
    // A check of one option with another asked for a value that could not be read.
    return WrongUsage([e.Message]);
}

if (parsed.Errors.Count > 0)
{
    return WrongUsage(parsed.Errors.Select(static e => e.Message));
}

// Before the command starts: the parser's own handler would miss a signal until the command first waits for something.
using var interrupt = new Interrupt();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, interrupt.Handle);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, interrupt.Handle);

// A limit on the size of files then fails the write, which says what to do, instead of ending the process.
using var onTooLarge = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create((PosixSignal)FileTooLarge, static signal => signal.Cancel = true);
return await parsed.InvokeAsync(
    new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interrupt.Token);

static int WrongUsage(IEnumerable<string> errors)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine($"loyalty: {UsageText.Of(error)}");
    }

    Console.Error.WriteLine("loyalty: wrong usage; `loyalty --help` and `loyalty COMMAND --help` show what is expected.");
    return ExitCode.Usage;
}
