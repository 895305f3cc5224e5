using System.Globalization;
using System.Text;
using Loyalty.Host.Output;
using Loyalty.Programs;

namespace Loyalty.Host.SampleData;

/// <summary><c>loyalty sample-data</c>: a program and input files to try everything with.</summary>
internal static class SampleDataCommand
{
    public static async Task<int> RunAsync(
        int members, int videos, int creators, int days, int seed, bool tidy, string folder, bool json, HostConsole console, CancellationToken cancellation)
    {
        if (videos < members)
        {
            throw new CommandException($"--videos {videos} is less than --members {members}; every member needs a video.");
        }

        using var output = new OutputFolder(folder);
        var names = new List<string>();
        WriteText("program.json", Program);
        var sample = new SampleVideos(members, videos, seed, tidy);
        for (var day = 1; day < days; day++)
        {
            var date = SampleVideos.LastDay.AddDays(day - days);
            WriteVideos(string.Create(CultureInfo.InvariantCulture, $"videos-{date:yyyy-MM-dd}.csv"), date);
        }

        WriteVideos("videos.csv", SampleVideos.LastDay);
        WriteText("adjustments.csv", Adjustments(sample, members, seed));
        WriteOrders(seed, tidy);
        var club = await SampleClub.MakeAsync(sample, members, seed, tidy, LoyaltyProgram.Parse(Encoding.UTF8.GetBytes(Program)), cancellation);
        WriteTo("club-orders.csv", club.WriteOrders);
        WriteTo("refunds.csv", club.WriteRefunds);
        WriteTo("redemptions.csv", club.WriteRedemptions);
        WriteTo("preferences.csv", club.WritePreferences);
        var payments = new SamplePayments(seed, tidy);
        WriteText("catalog.json", SamplePayments.Catalog);
        WriteTo("payments.csv", payments.WritePayments);
        WriteTo("contacts.csv", payments.WriteContacts);
        WriteCreators();
        output.CommitWithStateLast();
        console.WriteLine(json
            ? "{\n  \"files\": [" + string.Join(", ", names.Select(static n => $"\"{n}\"")) + "]\n}"
            : $"{string.Join(", ", names)} in {folder}");
        return ExitCode.Done;

        void WriteVideos(string name, DateOnly day)
        {
            names.Add(name);
            using var stream = new BufferedStream(output.Create(name), 1 << 18);
            sample.Write(stream, day, done => console.Progress($"writing {name}", done, videos), cancellation);
        }

        void WriteOrders(int orderSeed, bool isTidy)
        {
            string[] files = ["orders-humanitix.csv", "orders-eventbrite.csv", "orders-door.csv"];
            names.AddRange(files);
            using FileStream humanitix = output.Create(files[0]), eventbrite = output.Create(files[1]), door = output.Create(files[2]);
            new SampleOrders(orderSeed, isTidy).Write(humanitix, eventbrite, door);
        }

        void WriteCreators()
        {
            var files = new SampleCreatorFiles(new SampleCreators(creators, seed, tidy));
            Beside("creators/euka.csv", files.WriteEuka);
            Beside("creators/phones.csv", files.WritePhones);
            Beside("creators/refunnel.csv", files.WriteRefunnel);
            Beside("creators/samples.csv", stream => Beside("creators/truth/samples.csv", truth => files.WriteSamples(stream, truth)));
            Beside("creators/videos.csv", stream => Beside("creators/truth/videos.csv", truth => files.WriteVideos(stream, truth)));
            Beside("creators/products.csv", files.WriteProducts);
            Beside("creators/truth/creators.csv", files.Truth.WriteCreators);
            Beside("creators/truth/conflicts.csv", files.Truth.WriteConflicts);
            Beside("creators/truth/phone_links.csv", files.Truth.WritePhoneLinks);
            Beside("creators/truth/summary.json", files.Truth.WriteSummary);
        }

        void Beside(string name, Action<Stream> write)
        {
            console.Progress($"writing {name}", 0, 0);
            cancellation.ThrowIfCancellationRequested();
            names.Add(name);
            using var stream = output.CreateAt(Path.Combine(folder, name));
            write(stream);
        }

        void WriteText(string name, string text) => WriteTo(name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

        void WriteTo(string name, Action<Stream> write)
        {
            names.Add(name);
            using var stream = output.Create(name);
            write(stream);
        }
    }

    /// <summary>Corrections by hand: most of them right, one for a stranger, one without a date.</summary>
    private static string Adjustments(SampleVideos sample, int members, int seed)
    {
        var text = new StringBuilder("id,handle,date,sales,units,reason\n");
        var random = SampleRandom.For(seed, "adjustments", 0);
        for (var i = 0; i < Math.Min(40, members); i++)
        {
            var date = SampleVideos.LastDay.AddDays(-random.Below(120));
            text.Append(CultureInfo.InvariantCulture, $"adj-{i + 1},@{sample.Handle(random.Below(members))},{date:yyyy-MM-dd},{random.Below(600) - 100}.00,{random.Below(5)},")
                .Append(i % 3 == 0 ? "\"offline event, spring\"\n" : "returned goods\n");
        }

        return text.Append("adj-900,@nobody_knows_me,2025-06-01,50.00,1,unknown member\nadj-901,@").Append(sample.Handle(0)).Append(",,50.00,1,no date\n").ToString();
    }

    private static string Program => """
        {
          "tenant": "acme",
          "currency": "USD",
          "timeZone": "America/New_York",
          "tiers": {
            "metric": "sales",
            "mode": "checkpoints",
            "checkpoint": { "months": 4, "anchor": "tier-achieved" },
            "promotion": "immediate",
            "demotion": "earned-level",
            "graceDays": 0,
            "levels": [
              { "name": "Bronze", "threshold": 0 },
              { "name": "Silver", "threshold": 1000 },
              { "name": "Gold", "threshold": 2000 },
              { "name": "Platinum", "threshold": 3000 }
            ]
          },
          "missions": [
            { "id": "first-10", "metric": "videos", "target": 10, "window": { "kind": "checkpoint" }, "levels": ["Bronze", "Silver"] },
            { "id": "sprint", "metric": "sales", "target": 500, "window": { "kind": "fixed", "start": "2025-03-01", "end": "2025-04-01" } },
            { "id": "thirty-days", "metric": "views", "target": 100000, "window": { "kind": "every", "days": 30 } }
          ],
          "rfm": {
            "model": "thresholds",
            "recencyDays": [30, 60, 90, 180],
            "orders": [10, 5, 3, 1],
            "net": [1000, 500, 200, 50],
            "weights": [3, 2, 1],
            "segments": [
              { "name": "Hot", "from": 24 },
              { "name": "Warm", "from": 18 },
              { "name": "Cool", "from": 12 },
              { "name": "Cold", "from": 6 }
            ]
          },
          "club": {
            "stages": [
              { "name": "Bronze", "discountPercent": 10, "months": 3, "minimumPurchase": 100 },
              { "name": "Silver", "discountPercent": 15, "months": 6, "minimumPurchase": 250 },
              { "name": "Gold", "discountPercent": 20, "months": 12, "minimumPurchase": 500 }
            ]
          },
          "points": {
            "perUnit": 1,
            "bonusPercent": 10,
            "minimumMembershipDays": 30,
            "value": 0.01,
            "rounding": "down",
            "negative": "clamp",
            "expiry": { "kind": "fixed", "months": 12 }
          },
          "rewards": [
            { "id": "welcome-card", "kind": "discount", "points": 0, "limit": "once", "levels": ["Bronze", "Silver", "Gold"] },
            { "id": "tote", "kind": "merchandise", "points": 250, "stock": 500, "limit": { "count": 1, "per": "month" } },
            { "id": "tasting", "kind": "tasting", "points": 400, "limit": "once-per-achievement", "levels": ["Silver", "Gold"] },
            { "id": "gift-card", "kind": "gift-card", "points": 500 },
            { "id": "cellar-dinner", "kind": "event", "points": 900, "stock": 40, "limit": { "count": 1, "per": "week" }, "levels": ["Gold"] },
            { "id": "harvest-fest", "kind": "experience", "points": 100, "available": { "start": "2025-09-01", "end": "2025-11-01" } },
            { "id": "last-bottle", "kind": "wine-point-sale", "points": 0, "stock": 1, "limit": "once" },
            { "id": "sprint-boost", "kind": "boost", "mission": "sprint" }
          ],
          "messages": {
            "channels": ["email"],
            "expiryWarningDays": [30, 7]
          }
        }

        """.ReplaceLineEndings("\n");
}
