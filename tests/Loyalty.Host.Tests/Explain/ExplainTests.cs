using System.Text.Json;
using System.Text.RegularExpressions;
using Loyalty.Activities;
using Loyalty.Storage.InMemory;

namespace Loyalty.Tests.Host.Explain;

public sealed class ExplainTests : IDisposable
{
    private readonly Desk _desk = new();

    public ExplainTests() => _desk.SyncState("2025-03-31", "--adjustments", "adjustments.csv").With(0);

    public void Dispose() => _desk.Dispose();

    [Theory]
    [InlineData("ann")]
    [InlineData("@ANN")]
    [InlineData("https://www.tiktok.com/@ann")]
    public void A_member_is_explained_to_the_letter(string handle)
    {
        var page = _desk.Run("explain", handle, "--state", "acme.loyalty").With(0).Out;
        Assert.Equal(
            """
            ann on 2025-03-31: Silver since 2025-03-09, joined 2025-03-01
              window     [2025-03-10, 2025-07-09)
              value      0.00 USD = activity 0.00 USD + adjustments 0.00 USD
              next level Gold at 2000.00 USD: 2000.00 USD missing
              to stay    Silver needs 1000.00 USD: 1000.00 USD missing
              if the window closed now: Bronze
              lifetime   sales 1100.00 USD, units 11, videos 2, views 3,500, likes 130, comments 13; adjustments 0.00 USD, 0 units
              window     sales 0.00 USD, units 0, videos 0, views 0, likes 0, comments 0; adjustments 0.00 USD, 0 units
            decisions (1)
              2025-03-09 promoted from Bronze to Silver: 1100.00 USD (activity 1100.00 USD, adjustments 0.00 USD) in [2025-03-01, 2025-03-10) reaches 1000.00 USD for Silver; next window [2025-03-10, 2025-07-09); rules VERSION
            missions (3)
              first-2 [2025-03-01, no end): 2 of 2, completed on 2025-03-09
              first-2 [2025-03-10, 2025-07-09): 0 of 2, active
              sprint [2025-03-01, 2025-04-01): 1100.00 USD of 700.00 USD, completed on 2025-03-09

            """.ReplaceLineEndings("\n"),
            Regex.Replace(page, "rules [0-9a-f]{12}", "rules VERSION", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void A_member_before_a_decision_is_shown_as_it_was()
    {
        var page = _desk.Run("explain", "ann", "--state", "acme.loyalty", "--as-of", "2025-03-08").With(0).Out;
        Assert.StartsWith("ann on 2025-03-08: Bronze since 2025-03-01, joined 2025-03-01\n", page, StringComparison.Ordinal);
        Assert.Contains("next level Silver at 1000.00 USD: 400.00 USD missing", page, StringComparison.Ordinal);
        Assert.Contains("decisions (0)", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_the_same_as_data()
    {
        using var json = JsonDocument.Parse(_desk.Run("explain", "zed", "--state", "acme.loyalty", "--json").With(0).Out);
        var root = json.RootElement;
        Assert.Equal(("zed", "25.00", "20.00", "975.00"), (Text("handle"), Text("value"), Text("value_adjustments"), Text("to_next_level")));
        Assert.Equal(JsonValueKind.Null, root.GetProperty("window_end").ValueKind);
        Assert.Equal(2, root.GetProperty("missions").GetArrayLength());

        string? Text(string name) => root.GetProperty(name).GetString();
    }

    [Fact]
    public void Strangers_words_that_are_no_handle_and_dates_ahead_are_refused()
    {
        _desk.Run("explain", "nobody", "--state", "acme.loyalty").FailedWith("no member 'nobody'");
        _desk.Run("explain", "a***n", "--state", "acme.loyalty").FailedWith("is no handle");
        _desk.Run("explain", "ann", "--state", "acme.loyalty", "--as-of", "2025-04-01").FailedWith("2025-03-31");
    }

    [Fact]
    public void Verify_says_that_all_is_right()
    {
        Assert.Equal(
            "verified through 2025-03-31: 2 members, 3 activities, 1 decisions, 0 differences, 0 with later data\n",
            _desk.Run("verify", "--program", "program.json", "--state", "acme.loyalty").With(0).Out);
        using var json = JsonDocument.Parse(_desk.Run("verify", "--program", "program.json", "--state", "acme.loyalty", "--json").With(0).Out);
        Assert.Equal(0, json.RootElement.GetProperty("differences").GetArrayLength());
    }

    [Fact]
    public void Verify_lists_each_difference_and_ends_with_1()
    {
        var file = StateFile.Load(_desk["acme.loyalty"]);
        var store = file.LoadedMembers!;
        var member = store.Handles.Find("ann"u8);
        var totals = store.Members.Totals[member];
        var wrong = new ActivityTotals(totals.Lifetime.Sales + 1, totals.Lifetime.Units, totals.Lifetime.Videos + 1, totals.Lifetime.Views, totals.Lifetime.Likes, totals.Lifetime.Comments);
        store.Members.Totals[member] = totals with { Lifetime = wrong };
        StateFile.Save(file, _desk["acme.loyalty"]);
        var before = _desk.Snapshot();
        var ended = _desk.Run("verify", "--program", "program.json", "--state", "acme.loyalty").With(1);
        Assert.Contains("DIFFERENT ann: lifetime_sales is ", ended.Out, StringComparison.Ordinal);
        Assert.Contains("DIFFERENT ann: lifetime_videos is 3, recomputed 2", ended.Out, StringComparison.Ordinal);
        Assert.Contains("2 differences", ended.Out, StringComparison.Ordinal);
        Assert.StartsWith("loyalty: 2 stored values differ", Assert.Single(ended.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        using var json = JsonDocument.Parse(_desk.Run("verify", "--program", "program.json", "--state", "acme.loyalty", "--json").With(1).Out);
        Assert.Equal(2, json.RootElement.GetProperty("differences").GetArrayLength());
        Assert.Equal(before, _desk.Snapshot());
    }

    [Fact]
    public void Data_that_came_later_is_listed_and_is_no_difference()
    {
        _desk.Write("videos.csv", Desk.Header + "ann,https://www.tiktok.com/@ann/video/9,1,0,0,10.00,,1,2025-03-02,\n");
        _desk.SyncState("2025-04-01").With(0);
        var ended = _desk.Run("verify", "--program", "program.json", "--state", "acme.loyalty").With(0);
        Assert.Contains("later data ann: decision of 2025-03-09 was made with 1100.00, its window adds up to 1110.00 now", ended.Out, StringComparison.Ordinal);
    }
}
