using Loyalty.Money;
using Loyalty.Scoring;
using Loyalty.Storage.Files;
using Loyalty.Storage.Runs;
using Loyalty.Storage.Scores;
using Loyalty.Tests.Storage;

namespace Loyalty.Tests.Scoring;

public sealed class ScoreFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loyalty-scores-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_run_is_kept_and_read_back()
    {
        var stored = StoredScores.Of(Run(ScoringCases.AsOf, ("Zoë", 10, 3, 120.125m), ("a@x.com", 200, 1, -4m), ("nobody", -1, 0, 0m)));
        Keep(stored);
        var read = ScoreFile.Load(Path)!;
        Assert.Equal(stored.AsOf, read.AsOf);
        Assert.Equal(stored.Scores, read.Scores);
        Assert.Equal(120.125m, read.Find("Zoë")!.Input.Net);
        Assert.Equal(("acme", "USD"), (SnapshotFile.ReadOwner(Path).Tenant, SnapshotFile.ReadOwner(Path).Currency.Code));
        Assert.Null(SnapshotFile.Load(Path).Program);
    }

    [Fact]
    public void A_damaged_file_and_another_tenant_are_refused()
    {
        var stored = StoredScores.Of(Run(ScoringCases.AsOf, ("a", 10, 3, 1m)));
        Keep(stored);
        Assert.Equal(StoreFault.OtherTenant, Assert.Throws<StoreException>(() => ScoreFile.Prepare(stored, Path, "other", Currency.Get("USD"))).Fault);
        var bytes = File.ReadAllBytes(Path);
        for (var i = 0; i < bytes.Length; i += 7)
        {
            bytes[i] ^= 1;
            File.WriteAllBytes(Path, bytes);
            Assert.Throws<StoreException>(() => ScoreFile.Load(Path));
            bytes[i] ^= 1;
        }
    }

    [Fact]
    public void Moves_name_those_who_were_scored_both_times_in_order()
    {
        var before = StoredScores.Of(Run(ScoringCases.AsOf, ("b", 10, 10, 1000m), ("a", 10, 1, 60m), ("gone", 1, 1, 1m)));
        var after = Run(ScoringCases.AsOf.AddDays(100), ("new", 0, 1, 5m), ("b", 110, 10, 1000m), ("a", 110, 1, 60m));
        var moves = new SegmentMoves(before, after);
        Assert.Equal([new SegmentMove("a", "Warm", "Cool"), new SegmentMove("b", "Hot", "Warm")], moves.Moves);
        Assert.Equal((1, 1), (moves.New, moves.Gone));
        Assert.Equal((3, 0, 0), (new SegmentMoves(null, after).New, new SegmentMoves(null, after).Gone, new SegmentMoves(null, after).Moves.Count));
    }

    private static ScoreRun Run(DateOnly asOf, params (string Name, int Age, int Orders, decimal Net)[] customers)
    {
        var population = new CustomerPopulation();
        foreach (var (name, age, orders, net) in customers)
        {
            population.TryAdd(name, new RfmInput(age < 0 ? null : asOf.AddDays(-age), orders, net));
        }

        return ScoringProgram.Default.Score(population, asOf);
    }

    private void Keep(StoredScores scores) => File.Move(ScoreFile.Prepare(scores, Path, "acme", Currency.Get("USD")), Path, overwrite: true);
}
