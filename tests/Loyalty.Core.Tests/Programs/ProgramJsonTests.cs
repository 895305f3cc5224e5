using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Missions;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Tiers;

namespace Loyalty.Tests.Programs;

public sealed class ProgramJsonTests
{
    /// <summary>The program of the command contract, whole.</summary>
    private const string Full = """
        {
          "tenant": "acme", "currency": "USD", "timeZone": "America/New_York",
          "tiers": {
            "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 4, "anchor": "tier-achieved" },
            "promotion": "immediate", "demotion": "earned-level", "graceDays": 0,
            "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 },
                        { "name": "Gold", "threshold": 2000 }, { "name": "Platinum", "threshold": 3000, "protected": false } ]
          },
          "missions": [ { "id": "first-10", "metric": "videos", "target": 10, "window": { "kind": "checkpoint" }, "levels": ["Bronze", "Silver"] },
                        { "id": "sprint", "metric": "sales", "target": 500, "window": { "kind": "fixed", "start": "2025-03-01", "end": "2025-04-01" } },
                        { "id": "weekly", "metric": "views", "target": 100000, "window": { "kind": "every", "days": 7 } } ],
          "rfm": { "model": "thresholds", "recencyDays": [30, 60, 90, 180], "orders": [10, 5, 3, 1], "net": [1000, 500, 200, 50], "weights": [3, 2, 1],
                   "segments": [ { "name": "Hot", "from": 24 }, { "name": "Warm", "from": 18 }, { "name": "Cool", "from": 12 }, { "name": "Cold", "from": 6 } ] },
          "club": { "stages": [ { "name": "Bronze", "discountPercent": 10, "months": 3, "minimumPurchase": 100 },
                                { "name": "Silver", "discountPercent": 15, "months": 6, "minimumPurchase": 250 } ] },
          "points": { "perUnit": 1, "bonusPercent": 10, "minimumMembershipDays": 365, "value": 0.01, "rounding": "down",
                      "negative": "clamp", "expiry": "none" },
          "rewards": [ { "id": "tote", "kind": "merchandise", "points": 500, "stock": 20, "limit": "once" } ]
        }
        """;

    private const string Small = """{"tenant":"acme","currency":"USD","timeZone":"UTC","tiers":{"metric":"sales","checkpoint":{"months":6},"graceDays":30,"levels":[{"name":"A","threshold":0},{"name":"B","threshold":100}]},"missions":[{"id":"m","metric":"videos","target":3,"window":{"kind":"every","days":7},"levels":["A"]},{"id":"f","metric":"sales","target":3.5,"window":{"kind":"fixed","start":"2025-01-01","end":"2025-02-01"}}]}""";

    [Fact]
    public void The_program_of_the_command_contract_is_read()
    {
        var program = LoyaltyProgram.Parse(Full);
        Assert.Equal(("acme", "USD", "America/New_York"), (program.Tenant, program.Currency.Code, program.TimeZone.Id));
        var tiers = program.Tiers!;
        Assert.Equal(
            (Metric.Sales, TierMode.Checkpoints, PromotionRule.Immediate, DemotionRule.EarnedLevel, 0, 4),
            (tiers.Metric, tiers.Mode, tiers.Promotion, tiers.Demotion, tiers.GraceDays, tiers.Ladder.Count));
        Assert.Equal((4, true, CheckpointAnchor.TierAchieved), (tiers.Schedule!.Length.Count, tiers.Schedule.Length.IsMonths, tiers.Schedule.Anchor));
        Assert.Equal([0L, 100_000, 200_000, 300_000], Enumerable.Range(0, 4).Select(i => tiers.Ladder[i].Threshold));
        Assert.Equal(["first-10", "sprint", "weekly"], program.Missions.Select(m => m.Id));
        Assert.Equal([MissionWindowKind.Checkpoint, MissionWindowKind.Fixed, MissionWindowKind.Every], program.Missions.Select(m => m.WindowKind));
        Assert.Equal([10L, 50_000, 100_000], program.Missions.Select(m => m.Target));
        Assert.Equal(["Bronze", "Silver"], program.Missions[0].Levels!.Order());
        Assert.Equal("[2025-03-01, 2025-04-01)", program.Missions[1].Dates.ToString());
        Assert.Equal(7, program.Missions[2].Days);
        Assert.Equal(program.Json.ToArray(), LoyaltyProgram.Parse(program.Json).Json.ToArray());
        Assert.Equal("acme", LoyaltyProgram.Parse((byte[])[0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Full)]).Tenant);
    }

    /// <summary>The expected values were computed with another program: SHA-256 of JSON with sorted keys and no white space, as UTF-8.</summary>
    [Theory]
    [InlineData("""{ "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 4, "anchor": "tier-achieved" }, "promotion": "immediate", "demotion": "earned-level", "graceDays": 0, "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 1000 }, { "name": "Gold", "threshold": 2000 }, { "name": "Platinum", "threshold": 3000, "protected": false } ] }""", "22a3d64967aa")]
    [InlineData("""{"metric":"sales","checkpoint":{"days":90},"levels":[{"threshold":0,"name":"A"},{"name":"B","threshold":1000.5}]}""", "9a34543e2056")]
    [InlineData("""{ "levels": [ { "name": "A", "threshold": 0.00 }, { "threshold": 1.00050e3, "name": "\u0042" } ], "checkpoint": { "days": 90 }, "metric": "sales" }""", "9a34543e2056")]
    [InlineData("""{"metric":"units","mode":"lifetime","levels":[{"threshold":0,"name":"Größe <&'+> \"x\" \\ 🥇\u0001\n\u2028 Z"}]}""", "7d4671795009")]
    public void The_version_is_the_hash_of_the_tiers_in_canonical_form(string tiers, string version)
    {
        var program = LoyaltyProgram.Parse($$"""{"tenant":"a","currency":"USD","timeZone":"UTC","tiers":{{tiers}}}""");
        Assert.Equal(version, program.Tiers!.Version);
    }

    [Theory]
    [InlineData("\"acme\"", "\" acme\"", "$.tenant")]
    [InlineData("\"acme\"", "\"\"", "$.tenant")]
    [InlineData("\"acme\"", "7", "$.tenant")]
    [InlineData("\"acme\"", "null", "$.tenant")]
    [InlineData("\"tenant\":\"acme\",", "", "$.tenant")]
    [InlineData("\"tenant\":", "\"tenant\":\"acme\",\"tenant\":", "$.tenant")]
    [InlineData("\"USD\"", "\"usd\"", "$.currency")]
    [InlineData("\"USD\"", "\"XXX\"", "$.currency")]
    [InlineData("\"UTC\"", "\"Moon/Base\"", "$.timeZone")]
    [InlineData("\"UTC\"", "\"../../etc/passwd\"", "$.timeZone")]
    [InlineData("\"UTC\"", "\"/etc/passwd\"", "$.timeZone")]
    [InlineData("\"UTC\"", "\"Europe\"", "$.timeZone")]
    [InlineData("\"UTC\"", "\"a\\u0000b\"", "$.timeZone")]
    [InlineData("\"tiers\":{", "\"tires\":1,\"tiers\":{", "$.tires")]
    [InlineData("\"tiers\":{", "\"a b\":1,\"tiers\":{", "$['a b']")]
    [InlineData("{\"metric\":\"sales\",\"checkpoint\":{\"months\":6}", "{\"checkpoint\":{\"months\":6}", "$.tiers.metric")]
    [InlineData("{\"metric\":\"sales\"", "{\"metric\":\"views\"", "$.tiers.metric")]
    [InlineData("\"graceDays\":30", "\"graceDays\":30,\"mode\":\"other\"", "$.tiers.mode")]
    [InlineData("\"graceDays\":30", "\"graceDays\":30,\"promotion\":\"never\"", "$.tiers.promotion")]
    [InlineData("\"graceDays\":30", "\"graceDays\":30,\"demotion\":true", "$.tiers.demotion")]
    [InlineData("\"graceDays\":30", "\"graceDays\":30,\"grace\":1", "$.tiers.grace")]
    [InlineData("\"graceDays\":30", "\"graceDays\":-1", "$.tiers.graceDays")]
    [InlineData("\"graceDays\":30", "\"graceDays\":1.5", "$.tiers.graceDays")]
    [InlineData("\"graceDays\":30", "\"graceDays\":168", "$.tiers.graceDays")]
    [InlineData("\"checkpoint\":{\"months\":6},", "", "$.tiers.checkpoint")]
    [InlineData("{\"months\":6}", "7", "$.tiers.checkpoint")]
    [InlineData("{\"months\":6}", "{}", "$.tiers.checkpoint")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"days\":60}", "$.tiers.checkpoint")]
    [InlineData("{\"months\":6}", "{\"months\":0}", "$.tiers.checkpoint.months")]
    [InlineData("{\"months\":6}", "{\"months\":1201}", "$.tiers.checkpoint.months")]
    [InlineData("{\"months\":6}", "{\"days\":1}", "$.tiers.checkpoint.days")]
    [InlineData("{\"months\":6}", "{\"days\":30}", "$.tiers.graceDays")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"weeks\":1}", "$.tiers.checkpoint.weeks")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"anchor\":\"birthday\"}", "$.tiers.checkpoint.anchor")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"calendarStart\":\"04-01\"}", "$.tiers.checkpoint.calendarStart")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"anchor\":\"joined\",\"calendarStart\":\"04-01\"}", "$.tiers.checkpoint.calendarStart")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"anchor\":\"calendar\"}", "$.tiers.checkpoint.calendarStart")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"anchor\":\"calendar\",\"calendarStart\":\"02-29\"}", "$.tiers.checkpoint.calendarStart")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"anchor\":\"calendar\",\"calendarStart\":\"4-1\"}", "$.tiers.checkpoint.calendarStart")]
    [InlineData("{\"months\":6}", "{\"months\":5,\"anchor\":\"calendar\",\"calendarStart\":\"04-01\"}", "$.tiers.checkpoint.months")]
    [InlineData("{\"months\":6}", "{\"days\":60,\"anchor\":\"calendar\",\"calendarStart\":\"04-01\"}", "$.tiers.checkpoint.days")]
    [InlineData("{\"name\":\"A\",\"threshold\":0}", "{\"name\":\"A\",\"threshold\":1}", "$.tiers.levels")]
    [InlineData("[{\"name\":\"A\",\"threshold\":0},{\"name\":\"B\",\"threshold\":100}]", "[]", "$.tiers.levels")]
    [InlineData("[{\"name\":\"A\",\"threshold\":0},{\"name\":\"B\",\"threshold\":100}]", "5", "$.tiers.levels")]
    [InlineData("[{\"name\":\"A\",\"threshold\":0},{\"name\":\"B\",\"threshold\":100}]", "null", "$.tiers.levels")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "3", "$.tiers.levels[1]")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"threshold\":100}", "$.tiers.levels[1].name")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"A\",\"threshold\":100}", "$.tiers.levels[1].name")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":0}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":-1}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":100.005}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":\"100\"}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":92233720368547758.08}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":1e-40}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":1e400}", "$.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":100,\"protected\":\"yes\"}", "$.tiers.levels[1].protected")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":100,\"color\":1}", "$.tiers.levels[1].color")]
    [InlineData("\"id\":\"m\",", "", "$.missions[0].id")]
    [InlineData("\"id\":\"f\"", "\"id\":\"m\"", "$.missions[1].id")]
    [InlineData("\"metric\":\"videos\"", "\"metric\":\"shares\"", "$.missions[0].metric")]
    [InlineData("\"target\":3,", "\"target\":0,", "$.missions[0].target")]
    [InlineData("\"target\":3,", "\"target\":-1,", "$.missions[0].target")]
    [InlineData("\"target\":3,", "\"target\":2.5,", "$.missions[0].target")]
    [InlineData("\"target\":3.5", "\"target\":3.555", "$.missions[1].target")]
    [InlineData("\"levels\":[\"A\"]", "\"levels\":[\"Z\"]", "$.missions[0].levels[0]")]
    [InlineData("\"levels\":[\"A\"]", "\"levels\":[\"A\",7]", "$.missions[0].levels[1]")]
    [InlineData("\"levels\":[\"A\"]", "\"levels\":[]", "$.missions[0].levels")]
    [InlineData("\"levels\":[\"A\"]", "\"level\":\"A\"", "$.missions[0].level")]
    [InlineData("\"window\":{\"kind\":\"every\",\"days\":7},", "", "$.missions[0].window")]
    [InlineData("{\"kind\":\"every\",\"days\":7}", "{\"kind\":\"weekly\"}", "$.missions[0].window.kind")]
    [InlineData("{\"kind\":\"every\",\"days\":7}", "{\"kind\":\"every\"}", "$.missions[0].window.days")]
    [InlineData("{\"kind\":\"every\",\"days\":7}", "{\"kind\":\"every\",\"days\":0}", "$.missions[0].window.days")]
    [InlineData("{\"kind\":\"every\",\"days\":7}", "{\"kind\":\"checkpoint\",\"days\":7}", "$.missions[0].window.days")]
    [InlineData("\"2025-01-01\"", "\"01/01/2025\"", "$.missions[1].window.start")]
    [InlineData("\"2025-01-01\"", "\"2025-02-01\"", "$.missions[1].window.end")]
    [InlineData("\"2025-02-01\"", "\"2025-02-30\"", "$.missions[1].window.end")]
    public void Each_fault_is_reported_once_at_its_path(string from, string to, string path)
    {
        Assert.Contains(from, Small);
        var at = Small.IndexOf(from, StringComparison.Ordinal);
        var json = string.Concat(Small.AsSpan(0, at), to, Small.AsSpan(at + from.Length));
        Assert.False(LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out var program, out var faults));
        Assert.Null(program);
        Assert.Equal(path, Assert.Single(faults).Path);
        var thrown = Assert.Throws<ProgramException>(() => LoyaltyProgram.Parse(json));
        Assert.Equal(faults, thrown.Faults);
        Assert.Contains(path, thrown.Message);
    }

    [Fact]
    public void All_faults_of_a_file_are_reported_together()
    {
        var json = Small.Replace("\"USD\"", "\"usd\"").Replace("\"UTC\"", "\"Moon\"").Replace("\"graceDays\":30", "\"graceDays\":-1,\"color\":1")
            .Replace("\"name\":\"B\"", "\"name\":\"\"").Replace("\"target\":3,", "\"target\":0,").Replace("\"kind\":\"fixed\"", "\"kind\":\"fix\"");
        Assert.False(LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.Equal(
            ["$.currency", "$.missions[0].target", "$.missions[1].window.kind", "$.tiers.color", "$.tiers.graceDays", "$.tiers.levels[1].name", "$.timeZone"],
            faults.Select(f => f.Path).Order(StringComparer.Ordinal));
        Assert.Contains("color", faults.Single(f => f.Path == "$.tiers.color").ToString());
    }

    [Theory]
    [InlineData("{\"months\":6}", "{\"months\":5,\"anchor\":\"calendar\",\"calendarStart\":\"02-29\"}", "$.tiers.checkpoint.calendarStart $.tiers.checkpoint.months")]
    [InlineData("{\"months\":6}", "{\"months\":0,\"anchor\":\"calendar\",\"calendarStart\":\"02-29\"}", "$.tiers.checkpoint.calendarStart $.tiers.checkpoint.months")]
    [InlineData("{\"months\":6}", "{\"months\":6,\"days\":60,\"calendarStart\":\"04-01\"}", "$.tiers.checkpoint $.tiers.checkpoint.calendarStart")]
    [InlineData("{\"metric\":\"sales\"", "{\"metric\":\"views\"", "$.tiers.levels[1].threshold $.tiers.metric", "\"threshold\":100", "\"threshold\":-1")]
    [InlineData("\"USD\"", "\"XXQ\"", "$.currency $.tiers.levels[1].threshold", "\"threshold\":100", "\"threshold\":-1")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"A\",\"threshold\":0}", "$.tiers.levels[1].name $.tiers.levels[1].threshold")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"A\",\"threshold\":9.001}", "$.tiers.levels $.tiers.levels[1].name $.tiers.levels[1].threshold", "\"threshold\":0", "\"threshold\":5")]
    [InlineData("{\"name\":\"B\",\"threshold\":100}", "{\"name\":\"B\",\"threshold\":-1}", "$.missions[0].levels[0] $.tiers.levels[1].threshold", "\"levels\":[\"A\"]", "\"levels\":[\"Z\"]")]
    [InlineData("\"metric\":\"videos\"", "\"metric\":\"shares\"", "$.missions[0].metric $.missions[0].target", "\"target\":3,", "\"target\":0,")]
    public void No_fault_hides_another(string from, string to, string paths, string alsoFrom = "", string alsoTo = "")
    {
        Assert.Contains(from, Small);
        Assert.Contains(alsoFrom, Small);
        var json = Small.Replace(from, to);
        json = alsoFrom.Length == 0 ? json : json.Replace(alsoFrom, alsoTo);
        Assert.False(LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out _, out var faults));
        Assert.Equal(paths.Split(' '), faults.Select(f => f.Path).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("{\"a\":1,}", "line 1, byte 8")]
    [InlineData("{\n\"a\": tru\n}", "line 2, byte")]
    [InlineData(" \n", "is empty")]
    public void What_is_no_JSON_is_told_in_words_for_people(string json, string words)
    {
        Assert.False(LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out _, out var faults));
        var message = Assert.Single(faults).Message;
        Assert.Contains(words, message);
        Assert.All(["LineNumber", "reader options", "isFinalBlock"], word => Assert.DoesNotContain(word, message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"tenant\":\"\\uD800\"}")]
    [InlineData("{\"\\uDC00\":1}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{} {}")]
    public void What_is_no_program_has_a_fault_at_the_root(string json) =>
        Assert.Equal("$", LoyaltyProgram.TryRead(Encoding.UTF8.GetBytes(json), out _, out var faults) ? null : Assert.Single(faults).Path);

    [Fact]
    public void Bytes_that_are_no_utf8_have_a_fault_at_the_root()
    {
        Assert.False(LoyaltyProgram.TryRead((byte[])[.. "{\"tenant\":\""u8, 0xC3, 0x28, .. "\"}"u8], out _, out var faults));
        Assert.Contains("UTF-8", Assert.Single(faults).Message);
    }

    [Fact]
    public void In_mode_lifetime_the_rules_of_checkpoints_are_accepted_and_ignored()
    {
        var tiers = LoyaltyProgram.Parse(Small.Replace("\"metric\":\"sales\",\"checkpoint\":{\"months\":6},\"graceDays\":30", "\"metric\":\"sales\",\"mode\":\"lifetime\",\"checkpoint\":{\"days\":7},\"graceDays\":300,\"promotion\":\"at-checkpoint\",\"demotion\":\"one-level\"")).Tiers!;
        Assert.Equal((TierMode.Lifetime, 0), (tiers.Mode, tiers.GraceDays));
        Assert.Null(tiers.Schedule);
        Assert.False(tiers.CanBeLost(1));
    }

    [Property(MaxTest = 20_000, Arbitrary = [typeof(EditedPrograms)])]
    public bool TryParse_never_throws_for_any_bytes(byte[] bytes) =>
        LoyaltyProgram.TryRead(bytes, out var program, out var faults) ? program is not null && faults.Count == 0 : program is null && faults.Count > 0;

    /// <summary>Any bytes, and a program with some edits.</summary>
    private static class EditedPrograms
    {
        public static Arbitrary<byte[]> Any { get; } = Gen.OneOf(
            ArbMap.Default.GeneratorFor<byte[]>(),
            from edits in Gen.Choose(1, 4).SelectMany(static n => Gen.ListOf(Gen.Choose(0, int.MaxValue), n))
            select Mutated(Encoding.UTF8.GetBytes(Small), edits)).ToArbitrary();

        private static byte[] Mutated(byte[] source, IEnumerable<int> edits)
        {
            var bytes = source.ToList();
            foreach (var edit in edits)
            {
                var at = edit / 8 % bytes.Count;
                switch (edit % 8)
                {
                    case 0:
                        bytes.RemoveAt(at);
                        break;
                    case 1:
                        bytes.Insert(at, (byte)(edit >> 16));
                        break;
                    case 2:
                        bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + ((edit >> 16) % 40)));
                        bytes.Add((byte)'}');
                        break;
                    case 3:
                        bytes.InsertRange(at, Encoding.UTF8.GetBytes(((string[])["\\uD83D", "null", "1e999", "\"", "{}", "\\u0000", "-0", "[]"])[(edit >> 16) % 8]));
                        break;
                    default:
                        bytes[at] = (byte)(edit >> 16);
                        break;
                }
            }

            return [.. bytes];
        }
    }
}
