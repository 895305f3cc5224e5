using System.Text;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using FsCheck.Xunit;
using FsCheck;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Clubs;
using Loyalty.Messages;
using Loyalty.Missions;
using Loyalty.Money;
using Loyalty.Points;
using Loyalty.Points.Ledger;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Tiers;

namespace Loyalty.Tests.Programs;

/// <summary>Programs made in code beside the same ones in JSON.</summary>
public sealed class ProgramCreateTests
{
    [Property(MaxTest = 1_000, Arbitrary = [typeof(ProgramTexts)])]
    public void A_program_made_of_the_parts_of_one_from_JSON_has_the_same_rules(string json)
    {
        var read = LoyaltyProgram.Parse(json);
        var made = LoyaltyProgram.Create(ProgramParts.Of(read));
        var again = LoyaltyProgram.Create(ProgramParts.Of(made));

        // The JSON of a program made in code says what the file said, without what is left to its default.
        Assert.Equal(Encoding.UTF8.GetString(made.Json.Span), Encoding.UTF8.GetString(again.Json.Span));
        Assert.Equal(made.Json.ToArray(), LoyaltyProgram.Parse(made.Json).Json.ToArray());
        Assert.Equal(Plain(read), Plain(made));
    }

    [Fact]
    public void All_faults_are_told_at_once_with_the_paths_that_they_have_in_a_file()
    {
        var fault = Assert.Throws<ProgramException>(() => LoyaltyProgram.Create(new ProgramParts(" acme", "usd", "Mars/Olympus")
        {
            Points = new PointsProgram(Currency.Get("EUR"), 1, 0),
            Club = new ClubProgram([new ClubStage("Bronze", 0, 12, 0)]),
            Rewards = [new Reward("a", RewardKind.Event, 1) { Levels = ["Gold"] }, new Reward("a", RewardKind.Event, 1) { Levels = [] }],
        }));
        Assert.Equal(
            ["$.tenant", "$.currency", "$.timeZone", "$.points"],
            fault.Faults.Select(static f => f.Path).Where(static p => !p.StartsWith("$.rewards", StringComparison.Ordinal)));
        Assert.Contains(fault.Faults, static f => f.Path == "$.rewards[1].id");
        Assert.Contains(fault.Faults, static f => f.Path == "$.rewards[1].levels");
    }

    /// <summary>Who hands over nothing is told what was expected, where it was handed over.</summary>
    [Fact]
    public void Nothing_and_kinds_that_do_not_exist_are_refused_by_name()
    {
        Assert.Equal("levels", Assert.Throws<ArgumentException>(() => new TierLadder([new TierLevel("A", 0), null!])).ParamName);
        Assert.Equal("code", Assert.Throws<ArgumentNullException>(() => Currency.Get(null!)).ParamName);
        Assert.Equal("kind", Assert.Throws<ArgumentOutOfRangeException>(() => ((MessageKind)77).Word()).ParamName);
        var ledger = new PointsLedger(new PointsProgram(Currency.Get("USD"), 1, 0));
        Assert.Equal("member", Assert.Throws<ArgumentNullException>(() => ledger.BalanceOf(null!)).ParamName);
        Assert.Equal("member", Assert.Throws<ArgumentNullException>(() => ledger.EntriesOf(null!)).ParamName);
    }

    /// <summary>What only code can say and no file: they became other rules, or ended in an error without a place.</summary>
    [Fact]
    public void Values_that_no_file_can_hold_are_faults_with_their_paths()
    {
        var usd = Currency.Get("USD");
        var fault = Assert.Throws<ProgramException>(() => LoyaltyProgram.Create(new ProgramParts("half \ud800", "USD", "Etc/UTC")
        {
            Signs = null!,
            Jobs = null!,
            Events = [null!, "half \udc00"],
            Tiers = new TierProgram(
                new TierLadder([new TierLevel("A", 0)]), Metric.Sales, TierMode.Checkpoints,
                CheckpointSchedule.FromTierAchieved(CheckpointLength.Months(4)), (PromotionRule)7, (DemotionRule)8),
            Missions = [null!, Mission.OverCheckpoint("m", (Metric)9, 3)],
            Scoring = new() { Model = (ScoringModel)5, Cuts = (CutRule)6 },
            Points = new PointsProgram(usd, 1, 0)
            {
                Rounding = (PointsRounding)5, Negative = (NegativeRule)5, RefundExcess = (RefundExcess)5, Caps = new() { PerPeriod = 1, Period = (CalendarPeriod)5 },
            },
            Rewards = [null!, new Reward("r", (RewardKind)44, 1)],
        }));
        Assert.Equal(
            [
                "$.events[0]", "$.events[1]", "$.missions[0]", "$.missions[1].metric", "$.points.caps.perPeriod.period", "$.points.negative", "$.points.refundExcess",
                "$.points.rounding", "$.rewards[0]", "$.rewards[1].kind", "$.rfm.cuts", "$.rfm.model", "$.tenant", "$.tiers.demotion", "$.tiers.promotion",
            ],
            fault.Faults.Select(static f => f.Path).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Contains("U+D800 at 5", fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(static () => new ScoringProgram { Weights = default });
        Assert.Throws<ArgumentNullException>(static () => new ScoringProgram { Thresholds = null! });
    }

    /// <summary>Bounds, what refunds may take and refunds above an order come from the program, in code and in JSON.</summary>
    [Fact]
    public void Caps_refund_policy_and_negative_limit_belong_to_the_program()
    {
        var made = LoyaltyProgram.Create(new ProgramParts("acme", "USD", "Etc/UTC")
        {
            Points = new PointsProgram(Currency.Get("USD"), 1, 0.01m)
            {
                Caps = new() { PerOrder = 105, PerPeriod = 150, Budget = 200 },
                RefundExcess = RefundExcess.Refuse,
                Negative = NegativeRule.AllowNegative,
                NegativeLimit = 500,
            },
        });
        Assert.Equal(
            """{"currency":"USD","points":{"caps":{"budget":200,"perOrder":105,"perPeriod":{"period":"month","points":150}},"negative":"allow-negative","negativeLimit":500,"perUnit":1,"refundExcess":"refuse","value":0.01},"tenant":"acme","timeZone":"Etc/UTC"}""",
            Encoding.UTF8.GetString(made.Json.Span));
        Assert.Equal(new EarningCaps { PerOrder = 105, PerPeriod = 150, Budget = 200 }, made.Points!.Caps);
        Assert.Equal((RefundExcess.Refuse, 500L, 365), (made.Points.RefundExcess, made.Points.NegativeLimit, made.Points.MinimumMembershipDays));
    }

    /// <summary>Everything that the objects of a program say.</summary>
    private static string Plain(LoyaltyProgram program)
    {
        var tiers = program.Tiers is not { } t ? "" :
            $"{t.Metric} {t.Mode} {t.Schedule?.Length} {t.Schedule?.Anchor} {t.Schedule?.CalendarMonth}-{t.Schedule?.CalendarDay} {t.Promotion} {t.Demotion} {t.GraceDays} "
            + string.Join(",", Enumerable.Range(0, t.Ladder.Count).Select(i => $"{t.Ladder[i].Name} {t.Ladder[i].Threshold} {t.Ladder[i].IsProtected}"));
        var points = program.Points!;
        var scoring = program.Scoring;
        return string.Join('\n', [
            $"{program.Tenant} {program.Currency} {program.TimeZone.Id} {string.Join(",", program.Signs)} {program.CustomersAreEmails}",
            tiers,
            .. program.Missions.Select(static m => $"{m.Id} {m.Metric} {m.Target} {m.WindowKind} {m.Dates} {m.Days} {string.Join(",", m.Levels?.Order() ?? (IEnumerable<string>)["all"])}"),
            scoring is null ? "" : $"{scoring.Model} {scoring.Cuts} {string.Join(",", scoring.Thresholds.RecencyDays.ToArray())} {string.Join(",", scoring.Thresholds.Orders.ToArray())} {string.Join(",", scoring.Thresholds.Net.ToArray())} "
                + $"{scoring.Weights.Recency},{scoring.Weights.Frequency},{scoring.Weights.Money} {string.Join(",", Enumerable.Range(0, 125).Select(i => scoring.Segments.Of(Loyalty.Scoring.RfmCell.FromIndex(i))))}",
            .. program.Club?.Stages.Select(static s => $"{s.Name} {s.DiscountPercent} {s.Months} {s.MinimumPurchase}") ?? [],
            $"{points.PerUnit} {points.BonusPercent} {points.Value} {points.MinimumMembershipDays} {points.Rounding} {points.Negative} {points.NegativeLimit} {points.Expiry} {points.Caps} {points.RefundExcess}",
            .. program.Rewards.Select(static r => $"{r.Id} {r.Kind} {r.Points} {r.Stock} {r.AvailableFrom} {r.AvailableUntil} {r.Limit} {r.Mission} {string.Join(",", r.Levels ?? ["all"])}"),
            $"{string.Join(",", program.Messages.Channels)} {string.Join(",", program.Messages.ExpiryWarningDays)}",
        ]);
    }

    /// <summary>Programs as JSON: each part one of some, or left to its default.</summary>
    private static class ProgramTexts
    {
        public static Arbitrary<string> Any => Json.ToArbitrary();

        private static Gen<string> Json =>
            from tenant in Gen.Elements("acme", "Größe <&'+> \"x\" \\ 🥇", "t")
            from currency in Gen.Elements("USD", "JPY", "KWD")
            from zone in Gen.Elements("Etc/UTC", "America/New_York")
            from signs in Maybe("""["$"]""", """["US$","$"]""")
            from customers in Maybe("\"email\"")
            from club in Maybe("""{"stages":[{"name":"Bronze","months":1,"minimumPurchase":0},{"name":"Silver","discountPercent":12.5,"months":24,"minimumPurchase":250}]}""")
            from tiers in Maybe(
                """{"metric":"sales","checkpoint":{"months":6,"anchor":"calendar","calendarStart":"01-15"},"promotion":"at-checkpoint","graceDays":3,"levels":[{"name":"A","threshold":0},{"name":"B","threshold":100,"protected":true}]}""",
                """{"metric":"units","mode":"lifetime","levels":[{"name":"A","threshold":0}]}""",
                """{"metric":"units","checkpoint":{"days":90,"anchor":"joined"},"demotion":"never","levels":[{"name":"A","threshold":0},{"name":"B","threshold":7}]}""",
                """{"metric":"sales","checkpoint":{"months":4},"demotion":"one-level","levels":[{"name":"A","threshold":0}]}""")
            from missions in tiers is null ? Gen.Constant<string?>(null) : Maybe(
                """[{"id":"m","metric":"videos","target":3,"window":{"kind":"every","days":7},"levels":["A"]},{"id":"f","metric":"sales","target":3,"window":{"kind":"fixed","start":"2025-01-01","end":"2025-02-01"}}]""",
                """[{"id":"c","metric":"likes","target":10,"window":{"kind":"checkpoint"}},{"id":"d","metric":"views","target":1,"window":{"kind":"checkpoint"}},{"id":"e","metric":"comments","target":1,"window":{"kind":"checkpoint"}},{"id":"u","metric":"units","target":1,"window":{"kind":"checkpoint"}}]""")
            from rfm in Maybe(
                "{}", """{"model":"quantiles","cuts":"r-rfm","segments":"r","allowGaps":true,"allowOverlaps":true}""", """{"segments":"grid","net":[900,800,700,600],"orders":[9,8,7,6]}""",
                """{"weights":[1,0,2],"recencyDays":[1,2,3,4],"segments":[{"name":"x","from":3},{"name":"y","from":9}]}""",
                """{"segments":[{"name":"low","r":[1,2]},{"name":"high","r":[3,5],"f":[1,5],"m":[1,5]}]}""")
            from rounding in Maybe("\"nearest\"", "\"up\"")
            from negative in Maybe("\"allow-negative\"")
            from limit in Maybe("0", "500")
            from excess in Maybe("\"refuse\"")
            from days in Maybe("0", "30")
            from expiry in Maybe("""{"kind":"fixed","months":12}""", """{"kind":"calendar","period":"quarter"}""", """{"kind":"inactivity","days":90}""", """{"kind":"fixed","days":1}""")
            from caps in Maybe("""{"perOrder":5}""", """{"perPeriod":{"points":7,"period":"year"},"budget":9}""", """{"perPeriod":{"points":0,"period":"month"}}""")
            from bonus in Maybe("10", "12.5")
            from worth in Maybe("0.01", "3")
            from rewards in Maybe(
                """[{"id":"tote","kind":"merchandise","points":500,"stock":20,"limit":"once"},{"id":"w","kind":"wine-point-sale","points":0,"limit":{"count":2,"per":"week"}}]""",
                """[{"id":"g","kind":"gift-card","points":1,"available":{"start":"2025-01-01"},"limit":"once-per-achievement"},{"id":"h","kind":"boost","points":1,"available":{"start":"2025-01-01","end":"2026-01-01"},"limit":{"count":1,"per":"month"}}]""",
                """[{"id":"p","kind":"event","mission":"far"},{"id":"q","kind":"tasting","mission":"far","points":3},{"id":"r","kind":"discount","points":3},{"id":"s","kind":"experience","points":3}]""")
            from messages in Maybe("{}", """{"channels":["sms","email"],"expiryWarningDays":[30,7]}""", """{"channels":[]}""")
            select Made(
                ("tenant", JsonValue.Create(tenant).ToJsonString()), ("currency", $"\"{currency}\""), ("timeZone", $"\"{zone}\""), ("signs", signs), ("customers", customers),
                ("club", club), ("tiers", tiers), ("missions", missions), ("rfm", rfm),
                ("points", Made(
                    ("perUnit", "1.25"), ("bonusPercent", bonus), ("value", worth), ("rounding", rounding), ("negative", negative), ("negativeLimit", limit), ("refundExcess", excess),
                    ("minimumMembershipDays", days), ("expiry", expiry), ("caps", caps))),
                ("rewards", missions is not null && rewards?.Contains("\"far\"", StringComparison.Ordinal) == true ? null : rewards), ("messages", messages));

        private static Gen<string?> Maybe(params string[] values) =>
            Gen.Frequency((1, Gen.Constant<string?>(null)), (2, Gen.Elements(values).Select(static v => (string?)v)));

        private static string Made(params (string Name, string? Value)[] members) =>
            $"{{{string.Join(",", members.Where(static m => m.Value is not null).Select(static m => $"\"{m.Name}\":{m.Value}"))}}}";
    }
}
