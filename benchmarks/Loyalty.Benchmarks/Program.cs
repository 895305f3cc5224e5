using BenchmarkDotNet.Running;
using Loyalty.Benchmarks.Aggregation;
using Loyalty.Benchmarks.Cutover;
using Loyalty.Benchmarks.Identity;
using Loyalty.Benchmarks.Import;
using Loyalty.Benchmarks.Points;
using Loyalty.Benchmarks.Postgres;
using Loyalty.Benchmarks.Queue;
using Loyalty.Benchmarks.Scoring;
using Loyalty.Benchmarks.Sync;

return args switch
{
    ["guard", ..] => AggregationGuard.Run(args.AsSpan(1)),
    ["aggregation", ..] => AggregationReport.Run(args.AsSpan(1)),
    ["scale", ..] => AggregationScale.Run(args.AsSpan(1)),
    ["identity", ..] => IdentityReport.Run(args.AsSpan(1)),
    ["points", "postgres", .. var rest] => await PointsOnPostgres.RunAsync(rest),
    ["points", ..] => LedgerRates.Run(),
    ["postgres", .. var rest] => await PostgresBenchmark.RunAsync(rest),
    ["queue", .. var rest] => await QueueBenchmark.RunAsync(rest),
    ["cutover", .. var rest] => await CutoverBenchmark.RunAsync(rest),
    ["scoring", .. var rest] => await ScoringReport.RunAsync(rest),
    ["creators", .. var rest] => await CreatorSearches.RunAsync(rest),
    ["import", ..] => ImportProcesses.Run(args[1..]),
    ["sync", ..] => SyncProcesses.Run(args[1..]),
    _ => Switch(args),
};

static int Switch(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(AggregationBenchmarks).Assembly).Run(args);
    return 0;
}
