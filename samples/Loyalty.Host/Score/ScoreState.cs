using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Scoring;
using Loyalty.Storage.Files;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;

namespace Loyalty.Host.Score;

/// <summary>The last run, kept in a state file between runs.</summary>
internal sealed class ScoreState : IDisposable
{
    /// <summary>Whose scores they are when no program says so.</summary>
    public const string NoTenant = "default";

    /// <summary>The currency when no program says so.</summary>
    public const string NoCurrency = "USD";

    private readonly string? _path;
    private readonly StateLock? _lock;
    private readonly string _tenant = NoTenant;
    private readonly Currency _currency = Currency.Get(NoCurrency);

    private ScoreState(string? path, LoyaltyProgram? program, DateOnly asOf)
    {
        _path = path;
        if (path is null)
        {
            return;
        }

        _lock = StateLock.Take(path);
        try
        {
            var exists = File.Exists(path);
            (_tenant, _currency) = program is not null ? (program.Tenant, program.Currency)
                : exists ? SnapshotFile.ReadOwner(path)
                : (_tenant, _currency);
            Last = exists ? ScoreFile.Load(path) : null;
            if (Last?.AsOf > asOf)
            {
                throw new StoreException(
                    StoreFault.Stale, $"The customers were scored as of {Last.AsOf:yyyy-MM-dd} already; {asOf:yyyy-MM-dd} is before that. Score a later date, or use another state file.");
            }
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a file at all.</summary>
    public bool IsKept => _path is not null;

    /// <summary>The last run, if there was one.</summary>
    public StoredScores? Last { get; }

    public static ScoreState Open(string? path, LoyaltyProgram? program, DateOnly asOf) => new(path, program, asOf);

    /// <summary>Writes the run beside the state file, to be put in place with the other results.</summary>
    public (string Prepared, string Target)? Prepare(ScoreRun run) =>
        _path is null ? null : (ScoreFile.Prepare(StoredScores.Of(run), _path, _tenant, _currency), _path);

    public void Dispose() => _lock?.Dispose();
}
