using System.Runtime.CompilerServices;
using Loyalty.Programs;
using Loyalty.Sqlite.Files;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Sqlite.Members;

/// <summary>Members, their activity and what was decided, in a SQLite file.</summary>
/// <remarks>May be used by several threads; one run is open at a time. Calls do their work before they return: SQLite knows no waiting.</remarks>
internal sealed class SqliteMemberStore(SqliteFile file) : IMemberStore
{
    /// <inheritdoc/>
    public ValueTask<IMemberRun> BeginRunAsync(LoyaltyProgram program, DateOnly asOf, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        cancellationToken.ThrowIfCancellationRequested();

        // What is wrong with the program itself is said before the file is touched.
        MemberRules.Check(program, asOf, stored: null, storedAsOf: null);
        return new(file.Begin(lease => new SqliteMemberRun(lease, program, asOf), cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask<StoreStatus?> GetStatusAsync(CancellationToken cancellationToken = default) => new(Read(
        static (rows, run) => new StoreStatus(run.Program, run.AsOf, rows.Count("member"), rows.Count("activity"), rows.Count("adjustment")),
        cancellationToken));

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberProgress> ReadMembersAsync(CancellationToken cancellationToken = default) =>
        ReadAllAsync(static (rows, run) => rows.All(run.Program.Tiers!.Ladder, run.AsOf).Select(m => m.Progress(run.Program.Tiers)), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberProgress?> FindProgressAsync(string handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new(Read((rows, run) => rows.Find(handle, run.Program.Tiers!.Ladder, run.AsOf)?.Progress(run.Program.Tiers), cancellationToken));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberMission> ReadMissionsAsync(CancellationToken cancellationToken = default) =>
        ReadAllAsync(static (rows, _) => rows.Missions(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MemberDetail?> FindMemberAsync(string handle, DateOnly? asOf = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(handle);
        return new(Read(
            (rows, run) =>
            {
                if (rows.Find(handle, run.Program.Tiers!.Ladder, run.AsOf) is not { } member)
                {
                    return null;
                }

                var history = new MemberHistory();
                rows.Gather(handle, history);
                return MemberAsOf.Show(
                    run.Program, asOf ?? run.AsOf, run.AsOf, handle, member.Standing, rows.Decisions(handle), rows.Missions(handle), history);
            },
            cancellationToken));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<MemberSimulation> SimulateAsync(LoyaltyProgram program, DateOnly? since = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        return ReadAllAsync((rows, run) => Simulate(rows, run, program, since), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<Verification> VerifyAsync(CancellationToken cancellationToken = default) => new(
        Read(
            (rows, run) =>
            {
                var verifier = new MemberVerifier(run.Program, run.AsOf);
                var history = new MemberHistory();
                foreach (var member in rows.All(run.Program.Tiers!.Ladder, run.AsOf))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    rows.Gather(member.Handle, history);
                    verifier.Verify(member.Handle, member.Standing, member.Totals, rows.Decisions(member.Handle), rows.Missions(member.Handle), history);
                }

                return verifier.Result(rows.Count("activity"));
            },
            cancellationToken) ?? new Verification(default, 0, 0, 0, [], []));

    private static IEnumerable<MemberSimulation> Simulate(
        MemberRows rows, (LoyaltyProgram Program, DateOnly AsOf) run, LoyaltyProgram program, DateOnly? since)
    {
        var simulator = new MemberSimulator(run.Program, program, run.AsOf, since);
        var history = new MemberHistory();
        foreach (var member in rows.All(run.Program.Tiers!.Ladder, run.AsOf))
        {
            rows.Gather(member.Handle, history);
            yield return simulator.Simulate(member.Handle, member.Standing, rows.Decisions(member.Handle), history);
        }
    }

    private T? Read<T>(Func<MemberRows, (LoyaltyProgram Program, DateOnly AsOf), T?> read, CancellationToken cancellationToken)
        where T : class => file.Read(lease => new MemberRows(lease) is var rows && rows.Run() is { } run ? read(rows, run) : null, null, cancellationToken);

    private IAsyncEnumerable<T> ReadAllAsync<T>(
        Func<MemberRows, (LoyaltyProgram Program, DateOnly AsOf), IEnumerable<T>> read, CancellationToken cancellationToken) =>
        file.ReadEachAsync(lease => new MemberRows(lease) is var rows && rows.Run() is { } run ? read(rows, run) : [], cancellationToken);
}
