using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Members;
using Loyalty.Tests.Tiers;
using Loyalty.Tiers;

namespace Loyalty.Tests.Storage;

/// <summary>A store to tell an example with: rows in, then what a member shows.</summary>
internal sealed class Example(Rules rules)
{
    /// <summary>The ladder of the worked examples: Bronze 0, Silver 1000, Gold 2000, Platinum 3000, 4 months.</summary>
    public static Rules FourMonths { get; } = new()
    {
        Months = 4,
        Levels = [new("Bronze", 0), new("Silver", 1000), new("Gold", 2000), new("Platinum", 3000)],
    };

    /// <summary>Bronze 0, Silver 100, Gold 200, 1 month.</summary>
    public static Rules OneMonth { get; } = new() { Months = 1, Levels = [new("Bronze", 0), new("Silver", 100), new("Gold", 200)] };

    private int _keys;

    public Rules Rules { get; set; } = rules;

    public InMemoryMemberStore Store { get; } = new();

    public static DateOnly Date(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    public SyncOutcome Run(string asOf, params object[] rows) => Drive.Sync(
        Store, LoyaltyProgram.Parse(Rules.ToJson()), new Run(0, Date(asOf), [.. rows.OfType<Video>()], [.. rows.OfType<Correction>()]));

    public Video Sale(string date, decimal sales, string handle = "ann", int units = 0, long views = 0) =>
        new($"{++_keys}", handle, Date(date), sales, units, views);

    public Correction Adjust(string date, decimal sales, string handle = "ann", int units = 0, string? id = null) =>
        new(id ?? $"a{++_keys}", handle, Date(date), sales, units);

    public MemberDetail Member(string handle = "ann", string? asOf = null) =>
        Store.FindMemberAsync(handle, asOf is null ? null : Date(asOf)).AsTask().GetAwaiter().GetResult()!;

    public MemberProgress Progress(string handle = "ann") => Member(handle).Progress;

    /// <summary>The decisions as <c>2024-03-09 Promoted Bronze→Silver 110000 [2024-03-01,2024-03-10)</c>, values in cents.</summary>
    public string[] Decisions(string handle = "ann") => [.. Member(handle).Decisions.Select(Text)];

    /// <summary>The instances as <c>m [2024-03-01,2024-03-08) 5/10 Expired</c>.</summary>
    public string[] Missions(string handle = "ann") => [.. Member(handle).Missions.Select(Text)];

    public string Window(string handle = "ann") => Progress(handle).Standing.Window.ToString();

    public Verification Verify() => Store.VerifyAsync().AsTask().GetAwaiter().GetResult();

    private static string Text(Decision d) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"{d.Date:O} {d.Kind} {d.LevelBefore}→{d.LevelAfter} {d.Value} [{d.Measured.Start:O},{d.Measured.End:O})");

    private static string Text(MissionInstance m) =>
        $"{m.MissionId} [{m.Window.Start:O},{m.Window.End:O}) {m.Current}/{m.Target} {m.Status}{(m.CompletedOn is { } on ? $" {on:O}" : "")}";
}
