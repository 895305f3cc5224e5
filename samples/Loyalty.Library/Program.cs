using Loyalty.Ingest;
using Loyalty.Ingest.Videos;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory.Members;

var program = LoyaltyProgram.Parse(File.ReadAllBytes("program.json"));
var store = new InMemoryStore();
await using var session = await store.BeginSyncAsync(program, asOf: new DateOnly(2025, 6, 30));
using var export = VideosExport.Open("videos.csv", program.Currency, onReject: (in Reject row) =>
    Console.WriteLine($"rejected {row.File}:{row.Line} {row.Column}: {row.Reason}"));
await foreach (var batch in export.ReadAllAsync())
    await session.ApplyAsync(batch);
var outcome = await session.ReviewAsync();
export.ThrowIfChanged();
await session.CompleteAsync();
foreach (var (handle, decision) in outcome.Decisions)
    Console.WriteLine($"{handle}: {decision}");
await foreach (var member in store.ReadMembersAsync())
    Console.WriteLine($"{member.Handle}: {member.Level}, {program.Currency.Format(member.Value)}");
SnapshotFile.Save(store, "acme.loyalty");
Console.WriteLine($"members: {outcome.MembersTotal}, decisions: {outcome.Decisions.Count}");
