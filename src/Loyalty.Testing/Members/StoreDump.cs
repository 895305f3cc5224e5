using System.Globalization;
using System.Text;
using Loyalty.Programs;
using Loyalty.Storage.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tiers;

namespace Loyalty.Testing.Members;

/// <summary>Everything that a store shows, as text, to be compared.</summary>
internal static class StoreDump
{
    public static async Task<string> OfAsync(IMemberStore store)
    {
        var text = new StringBuilder();
        if (await store.GetStatusAsync() is not { } status)
        {
            return "empty";
        }

        text.Append(CultureInfo.InvariantCulture, $"{status.Program.Tenant} {status.Program.Tiers!.Version} {status.AsOf:O} {status.Members} {status.Activities} {status.Adjustments}\n");
        var members = new List<MemberProgress>();
        await foreach (var member in store.ReadMembersAsync())
        {
            members.Add(member);
            text.Append(Of(member)).Append('\n');
        }

        await foreach (var mission in store.ReadMissionsAsync())
        {
            text.Append(Of(mission)).Append('\n');
        }

        foreach (var member in members)
        {
            var detail = (await store.FindMemberAsync(member.Handle))!;
            text.Append(Of(detail.Progress)).Append('\n');
            var progress = (await store.FindProgressAsync(member.Handle))!;
            Assert.Equal(Of(member), Of(progress));
            foreach (var decision in detail.Decisions)
            {
                text.Append(Of(decision)).Append('\n');
            }

            foreach (var mission in detail.Missions)
            {
                text.Append(Of(new MemberMission(member.Handle, mission))).Append('\n');
            }

            var earlier = status.AsOf.AddDays(-17);
            var before = (await store.FindMemberAsync(member.Handle, earlier))!;
            text.Append(CultureInfo.InvariantCulture, $"at {earlier:O} {Of(before.Progress)} {before.Decisions.Count} {string.Join(',', before.Missions.Select(m => Of(new MemberMission(member.Handle, m))))}\n");
        }

        var verification = await store.VerifyAsync();
        text.Append(CultureInfo.InvariantCulture, $"verified {verification.AsOf:O} {verification.Members} {verification.Activities} {verification.Decisions}\n");
        foreach (var difference in verification.Differences)
        {
            text.Append(difference).Append('\n');
        }

        foreach (var later in verification.LaterData)
        {
            text.Append(later).Append('\n');
        }

        foreach (var (variant, since) in ((int, DateOnly?)[])[(1, null), (4, status.AsOf.AddDays(-20))])
        {
            text.Append(await SimulationAsync(store, Given.Program(status.Program.Tenant, variant), since)).Append('\n');
        }

        Assert.Null(await store.FindMemberAsync("nobody"));
        Assert.Null(await store.FindProgressAsync("nobody"));
        return text.ToString();
    }

    private static async Task<string> SimulationAsync(IMemberStore store, LoyaltyProgram program, DateOnly? since)
    {
        var text = new StringBuilder();
        try
        {
            await foreach (var member in store.SimulateAsync(program, since))
            {
                text.Append(CultureInfo.InvariantCulture, $"{member.Level} → {Of(member.Simulated)} {member.FirstDifferenceOn:O}\n");
            }
        }
        catch (StoreException e)
        {
            return $"simulation: {e.Fault} {e.Message}";
        }

        return text.ToString();
    }

    public static string Of(MemberProgress member) => string.Create(
        CultureInfo.InvariantCulture,
        $"{member.Handle} {member.Level} joined {member.Standing.Joined:O} through {member.Standing.ReviewedThrough:O} {member.Standing} {member.Totals} {member.Value} {member.NextLevel} {member.ToNextLevel} {member.ToStay} {member.LevelIfClosedNow}");

    public static string Of(MemberMission mission) => string.Create(
        CultureInfo.InvariantCulture,
        $"{mission.Handle} {mission.Instance.MissionId} {mission.Instance.Metric} {mission.Instance.Target} {mission.Instance.Window} {mission.Instance.Status} {mission.Instance.Current} {mission.Instance.CompletedOn:O}");

    public static string Of(Decision d) => string.Create(
        CultureInfo.InvariantCulture,
        $"{d.Date:O} {d.Kind} {d.LevelBefore}/{d.ThresholdBefore} {d.LevelAfter}/{d.ThresholdAfter} {d.Measured} {d.ValueFromActivity}+{d.ValueFromAdjustments} {d.NextWindow} {d.Metric} {d.IsLifetime} {d.ProgramVersion} {d.HasLaterData}");

    public static string Of(SyncOutcome outcome)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{outcome.AsOf:O} {outcome.Activities} {outcome.Adjustments} {outcome.MembersTotal} {outcome.MembersCreated} {outcome.MissionsCompleted}\n");
        foreach (var decision in outcome.Decisions)
        {
            text.Append(decision.Handle).Append(' ').Append(Of(decision.Decision)).Append('\n');
        }

        return text.ToString();
    }
}
