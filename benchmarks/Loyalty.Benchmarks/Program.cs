using System.Diagnostics;
using Loyalty.Activities;
using Loyalty.Benchmarks.Aggregation;
// scratch harness
int n = args.Length>0 ? int.Parse(args[0]) : 10_000_000; int m = n/10;
var g = AggregationData.Grouped(n, m);
var big = AggregationData.Grouped(n, n/100, 64);
var s = AggregationData.Scattered(n, m);
bool only = args.Length>1; var sums = new AggregationBaselines.Sums[m];
var list = new List<(string, double, Action)>();
list.Add(("read", n, () => AggregationBaselines.ReadColumns(g)));
list.Add(("read col by col", n, () => AggregationBaselines.ReadColumnByColumn(g)));
list.Add(("plain grouped", n, () => AggregationBaselines.PlainGrouped(g)));
if (!only) foreach (var k in Enum.GetValues<AggregationKernel>()) { var a = new Aggregator(k, 1); list.Add(($"{k} grouped", n, () => a.AggregateGrouped(g.Columns, g.Windows, AggregationData.Through, g.Totals))); list.Add(($"{k} grouped64", n, () => a.AggregateGrouped(big.Columns, big.Windows, AggregationData.Through, big.Totals))); }
var a2 = new Aggregator(2); var a1 = new Aggregator(1);
list.Add(("best grouped 2t", n, () => a2.AggregateGrouped(g.Columns, g.Windows, AggregationData.Through, g.Totals)));
list.Add(("plain scattered", n, () => AggregationBaselines.PlainScattered(s, sums)));
list.Add(("scattered 1t", n, () => a1.AggregateScattered(s.Columns, s.Windows, AggregationData.Through, s.Totals)));
list.Add(("scattered 2t", n, () => a2.AggregateScattered(s.Columns, s.Windows, AggregationData.Through, s.Totals)));
int q = n/100;
var ins = AggregationData.Scattered(q, m); 
list.Add(("incremental insert 1%", q, () => a1.ApplyChanges(default, ins.Columns, s.Windows, AggregationData.Through, s.Totals)));
list.Add(("incremental change 1%", q, () => a1.ApplyChanges(ins.Columns, ins.Columns, s.Windows, AggregationData.Through, s.Totals)));
list.Add(("incremental insert 1% 2t", q, () => a2.ApplyChanges(default, ins.Columns, s.Windows, AggregationData.Through, s.Totals)));
list.Add(("incremental change 1% 2t", q, () => a2.ApplyChanges(ins.Columns, ins.Columns, s.Windows, AggregationData.Through, s.Totals)));
var times = list.Select(_ => new List<double>()).ToArray();
for (int r = 0; r < 12; r++) for (int i = 0; i < list.Count; i++) { var sw = Stopwatch.GetTimestamp(); list[i].Item3(); var t = Stopwatch.GetElapsedTime(sw).TotalSeconds; if (r>1) times[i].Add(t); }
for (int i = 0; i < list.Count; i++) { times[i].Sort(); var t = times[i][times[i].Count/2]; Console.WriteLine($"{list[i].Item1,-24} {t*1000,9:F2} ms  {list[i].Item2/t/1e6,8:F1} M/s  best {list[i].Item2/times[i][0]/1e6,8:F1}"); }

