using System.Globalization;
namespace Loyalty.Postgres.Cutover;

/// <summary>How a generation stands.</summary>
public enum GenerationState
{
    /// <summary>Staged, not validated.</summary>
    Prepared,

    /// <summary>Staged and validated.</summary>
    Validated,

    /// <summary>Live.</summary>
    Live,

    /// <summary>Was live, kept read-only.</summary>
    Previous,
}

/// <summary>A complete set of tables.</summary>
/// <param name="Id">The number, from 1; a later generation has a higher one.</param>
/// <param name="State">How it stands.</param>
/// <param name="Schema">The schema where its tables stand now.</param>
/// <param name="Rows">The rows of each table: counted when validated or replaced, estimated by the server while live.</param>
/// <param name="MadeAt">When it was made.</param>
/// <param name="LiveAt">When it became live, the last time.</param>
/// <param name="ReplacedAt">When it was replaced, the last time.</param>
public sealed record Generation(
    long Id, GenerationState State, string Schema, IReadOnlyDictionary<string, long> Rows, DateTimeOffset MadeAt, DateTimeOffset? LiveAt, DateTimeOffset? ReplacedAt)
{
    /// <summary>In short, written the same under every culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id} {State} in {Schema}, made {MadeAt:O}, live {LiveAt:O}, replaced {ReplacedAt:O}");
}

/// <summary>One change of the live generation, from the journal.</summary>
/// <param name="Number">The number, from 1.</param>
/// <param name="IsRollback">Whether it was a rollback.</param>
/// <param name="From">The generation that was live; <see langword="null"/> at the first cutover.</param>
/// <param name="To">The generation that became live.</param>
/// <param name="At">When, by the server's clock.</param>
/// <param name="By">The role that did it.</param>
/// <param name="Kept">Later writes that were kept.</param>
/// <param name="Discarded">Later writes that were discarded.</param>
public sealed record JournalEntry(long Number, bool IsRollback, long? From, long To, DateTimeOffset At, string By, long Kept, long Discarded)
{
    /// <summary>In short, written the same under every culture.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} {(IsRollback ? "rollback" : "cutover")} {From} to {To} at {At:O} by {By}: {Kept} kept, {Discarded} discarded");
}

/// <summary>How a set stands.</summary>
/// <param name="Generations">Every generation that exists, by number.</param>
/// <param name="Journal">Every change of the live generation, the oldest first.</param>
/// <param name="Unfinished">Foreign keys that are not checked yet because the process was ended; the next call does it.</param>
public sealed record CutoverStatus(IReadOnlyList<Generation> Generations, IReadOnlyList<JournalEntry> Journal, IReadOnlyList<string> Unfinished)
{
    /// <summary>The live generation.</summary>
    public Generation? Live => Generations.FirstOrDefault(static g => g.State == GenerationState.Live);

    /// <summary>The staged generation.</summary>
    public Generation? Staged => Generations.FirstOrDefault(static g => g.State is GenerationState.Prepared or GenerationState.Validated);

    /// <summary>The generation that was replaced last.</summary>
    public Generation? Previous => Generations.Where(static g => g.State == GenerationState.Previous).OrderBy(static g => g.ReplacedAt).ThenBy(static g => g.Id).LastOrDefault();
}

/// <summary>What a cutover or a rollback did.</summary>
/// <param name="From">The generation that was live; <see langword="null"/> at the first cutover.</param>
/// <param name="To">The generation that is live now.</param>
/// <param name="LocksHeld">How long others could not use the live tables: from the first lock that was granted to the commit.</param>
/// <param name="Attempts">How many times the locks were tried.</param>
/// <param name="Kept">Later writes that were kept.</param>
/// <param name="Discarded">Later writes that were discarded.</param>
/// <param name="Notes">What was not done and can be done later, such as a previous generation that somebody still uses.</param>
public sealed record CutoverResult(long? From, long To, TimeSpan LocksHeld, int Attempts, long Kept, long Discarded, IReadOnlyList<string> Notes);

/// <summary>The outcome of one named check.</summary>
/// <param name="Name">What was checked.</param>
/// <param name="Passed">Whether it is as expected.</param>
/// <param name="Expected">What was expected.</param>
/// <param name="Found">What was found.</param>
/// <param name="Details">Which rows or objects, one line each.</param>
/// <param name="Answer">The recorded reason why a failed check does not stop the cutover.</param>
public sealed record CheckResult(string Name, bool Passed, string Expected, string Found, IReadOnlyList<string> Details, string? Answer = null)
{
    /// <summary>Whether the check does not stop the cutover.</summary>
    public bool IsSettled => Passed || Answer is not null;
}
