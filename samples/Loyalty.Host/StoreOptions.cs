using System.CommandLine;
using Loyalty.Host.Output;

namespace Loyalty.Host;

/// <summary>Which store a command works on: one of these, or none.</summary>
/// <param name="StateFile">The file that keeps the in-memory store.</param>
/// <param name="Sqlite">The SQLite file.</param>
/// <param name="Postgres">The connection string of PostgreSQL.</param>
internal sealed record StoreChoice(string? StateFile, string? Sqlite, string? Postgres)
{
    /// <summary>Whether it is a file that says itself whose it is.</summary>
    public bool IsFile => Postgres is null;
}

/// <summary>The options that choose a store.</summary>
internal sealed class StoreOptions
{
    public Option<FileInfo?> State { get; } = new("--state") { Description = "The file that keeps the store between runs." };

    public Option<FileInfo?> Sqlite { get; } = new("--sqlite") { Description = "The SQLite file that is the store; the first run makes it." };

    public Option<string?> Postgres { get; } = new("--postgres") { Description = "A PostgreSQL connection string; the schema comes from `loyalty db migrate`." };

    /// <summary>Lets a command be called with one of the options at most.</summary>
    public void Validate(Command command, bool required = false) => command.Validators.Add(result =>
    {
        var given = new Option[] { State, Sqlite, Postgres }.Where(option => result.GetResult(option) is not null).Select(static option => option.Name).ToArray();
        if (given.Length > 1)
        {
            result.AddError($"Give either {string.Join(" or ", given)}, not {(given.Length == 2 ? "both" : "all")}.");
        }
        else if (required && given.Length == 0)
        {
            result.AddError(command.Options.Contains(State)
                ? "Give a store: --state FILE, --sqlite FILE or --postgres CONNECTION."
                : "Give a store: --sqlite FILE or --postgres CONNECTION.");
        }
    });

    public StoreChoice Read(ParseResult parsed) => new(Path(parsed.GetValue(State)), Path(parsed.GetValue(Sqlite)), parsed.GetValue(Postgres));

    private static string? Path(FileInfo? file) => file is null ? null : FilePlace.Resolve(file.FullName);
}
