using System.Text;
using Loyalty.Host.Output;
using Loyalty.Programs;

namespace Loyalty.Host;

/// <summary>Files and dates that commands are given.</summary>
internal static class ProgramFile
{
    /// <summary>The largest program file that is read.</summary>
    private const long MostBytes = 16 << 20;

    /// <summary>Reads a program that has tiers.</summary>
    public static LoyaltyProgram ReadWithTiers(string path)
    {
        var program = Read(path);
        return program.Tiers is null
            ? throw new CommandException($"{Path.GetFileName(path)}: $.tiers: is missing, but this command needs it; add the section.")
            : program;
    }

    /// <summary>Reads a program.</summary>
    public static LoyaltyProgram Read(string path)
    {
        Require(path, "program", "a program (JSON)");
        if (new FileInfo(path).Length > MostBytes)
        {
            throw new CommandException($"the program file '{path}' is larger than 16 MB, which no program is; give a program (JSON).");
        }

        return LoyaltyProgram.TryRead(File.ReadAllBytes(path), out var program, out var faults)
            ? program
            : throw new ProgramFileException(path, faults);
    }

    /// <summary>Fails when a file of rows that a user named is not there.</summary>
    public static void RequireInput(string? path)
    {
        if (path is not null)
        {
            Require(path, "input", "a file of rows (CSV)");
        }
    }

    /// <summary>Today in the program's time zone.</summary>
    public static DateOnly Today(LoyaltyProgram program) =>
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), program.TimeZone).DateTime);

    /// <summary>The encoding that a user named.</summary>
    public static Encoding? NamedEncoding(string? name)
    {
        if (name is null)
        {
            return null;
        }

        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new CommandException($"'{name}' is no encoding known here; try latin1, windows-1252 or utf-16.", e);
        }
    }

    private static void Require(string path, string kind, string expected)
    {
        if (Directory.Exists(path))
        {
            throw new CommandException($"'{path}' is a folder; expected {expected}, give the name of a file.");
        }

        if (!File.Exists(path))
        {
            throw new CommandException($"there is no {kind} file '{path}'; expected {expected}, check the path.");
        }

        if (FilePlace.IsStream(path))
        {
            throw new CommandException($"'{path}' is a pipe or a socket; expected {expected}, save the data to a file.");
        }
    }
}
