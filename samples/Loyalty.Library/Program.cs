using Loyalty.Ingest;
using Loyalty.Ingest.Videos;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;

var program = LoyaltyProgram.Parse(File.ReadAllBytes("program.json"));
var store = new InMemoryLoyaltyStore(program.Tenant, program.Currency);
await using var run = await store.Members.BeginRunAsync(program, asOf: new DateOnly(2025, 6, 30));
using var export = VideosExport.Open("videos.csv", program.Currency, onReject: (in Reject row) =>
    Console.WriteLine($"rejected {row.File}:{row.Line} {row.Column}: {row.Reason}"));
await foreach (var batch in export.ReadAllAsync())
    await run.ApplyAsync(batch);
var outcome = await run.ReviewAsync();
export.ThrowIfChanged();
await run.CommitAsync();
foreach (var (handle, decision) in outcome.Decisions)
    Console.WriteLine($"{handle}: {decision}");
await foreach (var member in store.Members.ReadMembersAsync())
    Console.WriteLine($"{member.Handle}: {member.Level}, {program.Currency.Format(member.Value)}");
StateFile.Save(store, "acme.loyalty");
Console.WriteLine($"members: {outcome.MembersTotal}, decisions: {outcome.Decisions.Count}");
