using Loyalty.Money;
using Loyalty.Scoring;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.InMemory.Points;
using Loyalty.Storage.InMemory.Scores;

namespace Loyalty.Tests.Storage;

/// <summary>State files in which only members are looked at.</summary>
internal static class SnapshotFile
{
    public static void Save(InMemoryMemberStore store, string path) => StateFile.Save(
        new InMemoryLoyaltyStore(store.Program?.Tenant ?? "nobody", store.Program?.Currency ?? Currency.Get("USD"), store, null, null, null), path);

    public static InMemoryMemberStore Load(string path) => StateFile.Load(path, StateParts.Members).LoadedMembers!;

    public static (string Tenant, Currency Currency) ReadOwner(string path) => StateFile.ReadOwner(path);
}

/// <summary>State files in which only points are looked at.</summary>
internal static class PointsSnapshot
{
    public static void Save(InMemoryPointsStore store, string path) =>
        StateFile.Save(new InMemoryLoyaltyStore(store.Program!.Tenant, store.Program.Currency, null, null, store, null), path);

    public static InMemoryPointsStore Load(string path) => StateFile.Load(path, StateParts.Points).LoadedPoints!;
}

/// <summary>State files in which only scores are looked at.</summary>
internal static class ScoreFile
{
    public static string Prepare(StoredScores scores, string path, string tenant, Currency currency) =>
        StateFile.Prepare(new InMemoryLoyaltyStore(tenant, currency, null, InMemoryScoreStore.Of(scores), null, null), path);

    public static StoredScores? Load(string path) => StateFile.Load(path, StateParts.Scores).LoadedScores!.Kept;
}
