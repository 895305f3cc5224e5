using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Loyalty.Programs;

namespace Loyalty.Tests.Repo;

/// <summary>The schema is for editors, the parser decides; these keep the two in step.</summary>
public sealed partial class SchemaTests
{
    private const string Whole = """
        {
          "$schema": "x", "tenant": "acme", "currency": "USD", "timeZone": "America/New_York",
          "tiers": {
            "metric": "sales", "mode": "checkpoints", "checkpoint": { "months": 6, "anchor": "calendar", "calendarStart": "04-01" },
            "promotion": "immediate", "demotion": "earned-level", "graceDays": 3,
            "levels": [ { "name": "Bronze", "threshold": 0 }, { "name": "Silver", "threshold": 10.5, "protected": true } ]
          },
          "missions": [
            { "id": "a", "metric": "views", "target": 1, "window": { "kind": "checkpoint" }, "levels": ["Bronze"] },
            { "id": "b", "metric": "sales", "target": 0.01, "window": { "kind": "fixed", "start": "2025-01-01", "end": "2025-01-02" } },
            { "id": "c", "metric": "units", "target": 5, "window": { "kind": "every", "days": 7 } }
          ],
          "rfm": {
            "model": "quantiles", "cuts": "r-rfm", "recencyDays": [30, 60, 90, 180], "orders": [10, 5, 3, 1], "net": [1000, 500.5, 200, 50], "weights": [3, 2, 1],
            "segments": [ { "name": "High", "from": 18 }, { "name": "Low", "from": 7 } ], "allowGaps": true, "allowOverlaps": false
          },
          "club": { "stages": [ { "name": "Green", "discountPercent": 10, "months": 3, "minimumPurchase": 100 } ] },
          "points": {
            "perUnit": 1, "bonusPercent": 10, "value": 0.01, "minimumMembershipDays": 365, "rounding": "down", "negative": "allow-negative",
            "negativeLimit": 5, "expiry": { "kind": "fixed", "months": 12 }
          },
          "rewards": [
            { "id": "tote", "kind": "merchandise", "points": 500, "stock": 20, "available": { "start": "2025-01-01", "end": "2026-01-01" }, "levels": ["Green"],
              "limit": { "count": 2, "per": "week" }, "mission": "a" }
          ],
          "messages": { "channels": ["email"], "expiryWarningDays": [30] },
          "jobs": { "monthly-status": "0 9 1 * *", "expiry-warning": "0 10 * * *", "expiry": "0 2 * * *", "deliver": "*/5 * * * *" },
          "events": ["warehouse"]
        }
        """;

    private static readonly JsonNode Schema = JsonNode.Parse(Repository.Read("schemas", "program.schema.json"))!;

    [Fact]
    public void A_program_with_every_member_parses_and_the_schema_knows_each_of_them()
    {
        LoyaltyProgram.Parse(Whole);
        AssertKnown(JsonNode.Parse(Whole)!, Schema, "$");
    }

    [Theory]
    [InlineData("$", "tenant")]
    [InlineData("$.tiers", "metric")]
    [InlineData("$.tiers.checkpoint", "months")]
    [InlineData("$.tiers.levels[0]", "name")]
    [InlineData("$.missions[0]", "id")]
    [InlineData("$.rfm", "model")]
    [InlineData("$.rfm.segments[0]", "from")]
    [InlineData("$.club", "stages")]
    [InlineData("$.club.stages[0]", "months")]
    [InlineData("$.points", "perUnit")]
    [InlineData("$.rewards[0]", "kind")]
    [InlineData("$.rewards[0].available", "start")]
    [InlineData("$.messages", "channels")]
    [InlineData("$.jobs", "expiry")]
    public void The_parser_knows_the_members_that_the_schema_lists(string path, string known)
    {
        // An unknown member makes the parser list those it knows.
        var program = JsonNode.Parse(Whole)!;
        var (node, schema) = Find(program, Schema, path);
        node["unheard-of"] = 1;
        Assert.False(LoyaltyProgram.TryRead(JsonSerializer.SerializeToUtf8Bytes(program), out _, out var faults));
        var fault = Assert.Single(faults);
        var parser = KnownList().Match(fault.Message).Groups[1].Value.Split(", ").Order();
        var listed = schema["properties"]!.AsObject().Select(static p => p.Key).Order();
        Assert.Contains(known, parser);
        Assert.Equal(listed, parser);
    }

    [Theory]
    [InlineData("tiers", "metric", "sales", "units")]
    [InlineData("tiers", "mode", "checkpoints", "lifetime")]
    [InlineData("tiers", "promotion", "immediate", "at-checkpoint")]
    [InlineData("tiers", "demotion", "earned-level", "one-level", "never")]
    [InlineData("rfm", "model", "thresholds", "quantiles")]
    [InlineData("rfm", "cuts", "exact", "r-rfm")]
    [InlineData("points", "rounding", "down", "nearest", "up")]
    [InlineData("points", "negative", "clamp", "allow-negative")]
    public void The_parser_takes_the_words_that_the_schema_lists(string section, string member, params string[] words)
    {
        var listed = Schema["$defs"]![section]!["properties"]![member]!["enum"]!.AsArray().Select(static w => w!.GetValue<string>());
        Assert.Equal(words, listed);
        foreach (var word in words)
        {
            var program = JsonNode.Parse(Whole)!;
            program[section]![member] = word;
            program["missions"] = new JsonArray();
            program["rewards"] = new JsonArray();
            program["tiers"]!["levels"] = JsonNode.Parse("""[ { "name": "Bronze", "threshold": 0 } ]""");
            Assert.True(LoyaltyProgram.TryRead(JsonSerializer.SerializeToUtf8Bytes(program), out _, out var faults), string.Join("; ", faults));
        }
    }

    private static (JsonNode Node, JsonNode Schema) Find(JsonNode node, JsonNode schema, string path)
    {
        foreach (var step in path.Split('.').Skip(1))
        {
            var name = step.Split('[')[0];
            (node, schema) = (node[name]!, Resolve(Resolve(schema)["properties"]![name]!));
            if (step.Contains('[', StringComparison.Ordinal))
            {
                (node, schema) = (node[0]!, Resolve(schema["items"]!));
            }
        }

        return (node, Resolve(schema));
    }

    private static JsonNode Resolve(JsonNode schema) =>
        schema["$ref"] is { } reference ? Schema["$defs"]![reference.GetValue<string>().Split('/')[^1]]! : schema;

    private static void AssertKnown(JsonNode node, JsonNode schema, string path)
    {
        schema = Resolve(schema);
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                AssertKnown(item!, schema["items"]!, path + "[]");
            }
        }
        else if (node is JsonObject value && schema["properties"] is { } properties)
        {
            foreach (var (name, member) in value)
            {
                Assert.True(properties[name] is not null, $"the schema does not know {path}.{name}");
                AssertKnown(member!, properties[name]!, $"{path}.{name}");
            }
        }
    }

    [GeneratedRegex("known are (.*)$")]
    private static partial Regex KnownList();
}
