using System.Globalization;
using System.Text;
using Loyalty.Activities;
using Loyalty.Host.Sync;
using Loyalty.Identity;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Host.Explain;

/// <summary><c>loyalty explain</c>: a member's state, every decision with its evidence, and what is missing to the next level.</summary>
internal static class ExplainCommand
{
    public static async Task<int> RunAsync(
        string text, string? programPath, string? tenant, StoreChoice choice, DateOnly? asOf, bool json, HostConsole console, CancellationToken cancellation)
    {
        var program = programPath is null ? null : ProgramFile.ReadWithTiers(programPath);
        if (program is not null && tenant is not null && !string.Equals(program.Tenant, tenant, StringComparison.Ordinal))
        {
            throw new CommandException($"--tenant says '{tenant}', but the program is of '{program.Tenant}'; give one of them.");
        }

        using var opened = await OpenedStore.ForReadingAsync(choice, program?.Tenant ?? tenant, StateParts.Members, cancellation);
        var status = await opened.Store.Members.GetStatusAsync(cancellation)
            ?? throw new CommandException(choice.Postgres is not null && (program?.Tenant ?? tenant) is { } named
                ? $"the store is empty for tenant '{named}'; `loyalty sync` fills it."
                : "the store is empty; `loyalty sync` fills it.");
        OpenedStore.CheckTenant(status.Program, tenant);
        if (program is not null)
        {
            OpenedStore.CheckOwner(status.Program, program);
        }

        if (asOf > status.AsOf)
        {
            throw new CommandException($"the store was reviewed through {status.AsOf:yyyy-MM-dd}; give that date or an earlier one.");
        }

        if (Handle.Read(text, HandlePlatform.TikTok, out var handle, out var reason) != HandleStatus.Ok)
        {
            throw new CommandException($"'{text}' is no handle ({Normalize.NormalizeCommand.Word(reason)}); give one such as @some.creator.");
        }

        var detail = await opened.Store.Members.FindMemberAsync(handle.Value, asOf, cancellation)
            ?? throw new CommandException($"the store has no member '{handle.Value}'.");
        if (program is not null)
        {
            detail = Under(program, detail);
        }

        console.WriteLine(json ? ExplainJson.Write(detail) : Page(detail));
        return ExitCode.Done;
    }

    /// <summary>The same standing seen with the levels of another version of the program.</summary>
    private static MemberDetail Under(LoyaltyProgram program, MemberDetail detail)
    {
        var progress = detail.Progress;
        var level = program.Tiers!.Ladder.IndexOf(progress.Level.Name);
        return level < 0
            ? throw new CommandException($"the program has no level '{progress.Level.Name}', on which '{progress.Handle}' stands.")
            : detail with { Program = program, Progress = progress.Under(program.Tiers) };
    }

    private static string Page(MemberDetail detail)
    {
        var page = new StringBuilder();
        var progress = detail.Progress;
        var standing = progress.Standing;
        var tiers = detail.Program.Tiers!;
        Line($"{progress.Handle} on {detail.AsOf:yyyy-MM-dd}: {progress.Level.Name} since {standing.AchievedOn:yyyy-MM-dd}, joined {standing.Joined:yyyy-MM-dd}");
        Line($"  window     {standing.Window}{(standing.InGrace ? ", in grace: the demotion is decided at its end" : "")}");
        Line($"  value      {Amount(progress.Value)} = activity {Amount(progress.ValueFromActivity)} + adjustments {Amount(progress.ValueFromAdjustments)}"
            + (tiers.Mode == TierMode.Lifetime ? " (lifetime)" : ""));
        if (progress.NextLevel is { } next)
        {
            Line($"  next level {next.Name} at {Amount(next.Threshold)}: {Missing(progress.ToNextLevel!.Value)}");
        }
        else
        {
            Line($"  next level none: {progress.Level.Name} is the highest");
        }

        Line(tiers.CanBeLost(standing.Level)
            ? $"  to stay    {progress.Level.Name} needs {Amount(progress.Level.Threshold)}: {Missing(progress.ToStay)}"
            : $"  to stay    nothing: {progress.Level.Name} cannot be lost");
        Line($"  if the window closed now: {progress.LevelIfClosedNow.Name}");
        Totals("lifetime", progress.Totals.Lifetime, progress.Totals.LifetimeAdjustments);
        Totals("window  ", progress.Totals.Window, progress.Totals.WindowAdjustments);
        Line($"decisions ({detail.Decisions.Count})");
        foreach (var decision in detail.Decisions)
        {
            Explain(decision);
        }

        if (detail.Missions.Count > 0)
        {
            Line($"missions ({detail.Missions.Count})");
            foreach (var mission in detail.Missions)
            {
                Line($"  {mission.MissionId} {mission.Window}: {Measured(mission.Metric, mission.Current)} of {Measured(mission.Metric, mission.Target)}, "
                    + SyncFiles.Word(mission.Status) + (mission.CompletedOn is { } on ? $" on {on:yyyy-MM-dd}" : ""));
            }
        }

        return page.ToString().TrimEnd();

        void Line(string line) => page.AppendLine(line);

        string Measured(Metric metric, long value) =>
            metric == Metric.Sales ? $"{detail.Program.Currency.Format(value)} {detail.Program.Currency.Code}" : value.ToString("N0", CultureInfo.InvariantCulture);

        string Amount(long value) => Measured(tiers.Metric, value);

        string Missing(long value) => value == 0 ? "reached" : $"{Amount(value)} missing";

        void Totals(string name, in ActivityTotals totals, in AdjustmentTotals adjustments)
        {
            Line($"  {name}   sales {Measured(Metric.Sales, totals.Sales)}, units {totals.Units:N0}, videos {totals.Videos:N0}, views {totals.Views:N0}, likes {totals.Likes:N0}, comments {totals.Comments:N0}; adjustments {Measured(Metric.Sales, adjustments.Sales)}, {adjustments.Units:N0} units");
        }

        void Explain(Decision decision)
        {
            var what = decision.Kind switch
            {
                DecisionKind.Promoted => $"promoted from {decision.LevelBefore} to {decision.LevelAfter}",
                DecisionKind.Demoted => $"demoted from {decision.LevelBefore} to {decision.LevelAfter}",
                DecisionKind.Kept => $"kept {decision.LevelBefore}",
                _ => $"grace started on {decision.LevelBefore}",
            };
            var below = decision.Value < decision.ThresholdBefore;
            var threshold = below
                ? $"below {Measured(decision.Metric, decision.ThresholdBefore)} for {decision.LevelBefore}"
                : $"reaches {Measured(decision.Metric, decision.ThresholdAfter)} for {decision.LevelAfter}";
            Line($"  {decision.Date:yyyy-MM-dd} {what}: {Measured(decision.Metric, decision.Value)} (activity {Measured(decision.Metric, decision.ValueFromActivity)}, adjustments {Measured(decision.Metric, decision.ValueFromAdjustments)}) in {decision.Measured} {threshold}; next window {decision.NextWindow}; rules {decision.ProgramVersion}"
                + (decision.HasLaterData ? "; later data has changed the window since" : ""));
        }
    }
}
