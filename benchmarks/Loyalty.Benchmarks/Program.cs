using BenchmarkDotNet.Running;
using Loyalty.Benchmarks.Aggregation;

return args switch
{
    ["guard", ..] => AggregationGuard.Run(args.AsSpan(1)),
    ["aggregation", ..] => AggregationReport.Run(args.AsSpan(1)),
    ["scale", ..] => AggregationScale.Run(args.AsSpan(1)),
    _ => Switch(args),
};

static int Switch(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(AggregationBenchmarks).Assembly).Run(args);
    return 0;
}
