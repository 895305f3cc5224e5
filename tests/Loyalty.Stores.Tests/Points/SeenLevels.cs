using System.Data;
using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Stores.Points;

/// <summary>
/// Which isolation levels wrote to the ledger, as the server itself says: a trigger that the owner adds draws from the sequence of its transaction's
/// level, which no transaction has to wait for.
/// </summary>
internal sealed class SeenLevels
{
    private static readonly (IsolationLevel Level, string Sequence)[] Levels =
    [
        (IsolationLevel.ReadCommitted, "at_read_committed"), (IsolationLevel.RepeatableRead, "at_repeatable_read"), (IsolationLevel.Serializable, "at_serializable"),
    ];

    private readonly TestDatabase _database;

    public SeenLevels(TestDatabase database)
    {
        _database = database;
        TestServer.Execute(
            database.OwnerConnectionString,
            $"""
            {string.Concat(Levels.Select(static l => $"CREATE SEQUENCE public.{l.Sequence}; GRANT USAGE ON SEQUENCE public.{l.Sequence} TO loyalty_app;"))}
            CREATE FUNCTION public.see_level() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                PERFORM nextval('public.at_' || replace(current_setting('transaction_isolation'), ' ', '_')); RETURN NULL; END $$;
            CREATE TRIGGER see_level AFTER INSERT ON loyalty.points_entry FOR EACH STATEMENT EXECUTE FUNCTION public.see_level();
            """);
    }

    public async Task<IsolationLevel[]> ReadAsync()
    {
        var seen = new List<IsolationLevel>();
        foreach (var (level, sequence) in Levels)
        {
            await using var command = _database.Owner.CreateCommand($"SELECT is_called FROM public.{sequence}");
            if (await command.ExecuteScalarAsync() is true)
            {
                seen.Add(level);
            }
        }

        return [.. seen];
    }
}
