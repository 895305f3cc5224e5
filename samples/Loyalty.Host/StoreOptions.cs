using System.CommandLine;
using Loyalty.Host.Output;

namespace Loyalty.Host;

/// <summary>Which store a command works on.</summary>
/// <param name="StateFile">The file that keeps the in-memory store, if any.</param>
/// <param name="Postgres">The connection string of PostgreSQL, if any.</param>
internal sealed record StoreChoice(string? StateFile, string? Postgres);

/// <summary>The options that choose a store.</summary>
internal sealed class StoreOptions
{
    public Option<FileInfo?> State { get; } = new("--state") { Description = "The file that keeps the store between runs." };

    public Option<string?> Postgres { get; } = new("--postgres") { Description = "A PostgreSQL connection string; the schema comes from `loyalty db migrate`." };

    public void Validate(Command command, bool required = false) => command.Validators.Add(result =>
    {
        var state = result.GetResult(State) is not null;
        var postgres = result.GetResult(Postgres) is not null;
        if (state && postgres)
        {
            result.AddError("Give either --state or --postgres, not both.");
        }
        else if (required && !state && !postgres)
        {
            result.AddError("Give a store: --state FILE or --postgres CONNECTION.");
        }
    });

    public StoreChoice Read(ParseResult parsed) => new(parsed.GetValue(State) is { } state ? FilePlace.Resolve(state.FullName) : null, parsed.GetValue(Postgres));
}
