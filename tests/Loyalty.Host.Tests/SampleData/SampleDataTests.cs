namespace Loyalty.Tests.Host.SampleData;

public sealed class SampleDataTests
{
    [Fact]
    public void The_same_seed_gives_the_same_files_and_another_seed_others()
    {
        using var desk = new Desk();
        Make("one", "5").With(0);
        Make("two", "5").With(0);
        Make("three", "6").With(0);
        var files = Directory.EnumerateFiles(desk["one"]).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(
            [
                "adjustments.csv", "catalog.json", "club-orders.csv", "contacts.csv", "orders-door.csv", "orders-eventbrite.csv", "orders-humanitix.csv", "payments.csv", "preferences.csv",
                "program.json", "redemptions.csv", "refunds.csv",
                "videos-2025-06-28.csv", "videos-2025-06-29.csv", "videos.csv",
            ],
            files);
        Assert.All(files, name => Assert.Equal(File.ReadAllBytes(desk[$"one/{name}"]), File.ReadAllBytes(desk[$"two/{name}"])));
        Assert.NotEqual(desk.Read("one/videos.csv"), desk.Read("three/videos.csv"));
        Assert.NotEqual(desk.Read("one/adjustments.csv"), desk.Read("three/adjustments.csv"));
        Assert.NotEqual(desk.Read("one/club-orders.csv"), desk.Read("three/club-orders.csv"));

        Ended Make(string folder, string seed) => desk.Run("sample-data", "--members", "20", "--videos", "300", "--seed", seed, "--out", folder);
    }

    [Fact]
    public void Three_days_end_as_one_late_run_of_the_last_file_and_verify()
    {
        using var desk = new Desk();
        desk.Run("sample-data", "--members", "40", "--videos", "800", "--out", "sample", "--json").With(0);
        string[] days = ["videos-2025-06-28.csv", "videos-2025-06-29.csv", "videos.csv"];
        for (var day = 0; day < 3; day++)
        {
            Run(days[day], $"2025-06-{28 + day}", "daily").With(0);
        }

        desk.Run("verify", "--program", "sample/program.json", "--state", "daily.loyalty").With(0);

        // The same data on every day: then one late run is the same as three.
        for (var day = 28; day <= 30; day++)
        {
            Run("videos.csv", $"2025-06-{day}", "same").With(0);
        }

        Run("videos.csv", "2025-06-30", "late").With(0);
        Assert.Equal(desk.Read("late/members.csv"), desk.Read("same/members.csv"));
        Assert.Equal(desk.Read("late/missions.csv"), desk.Read("same/missions.csv"));

        Ended Run(string videos, string asOf, string name) => desk.Run(
            "sync", "--program", "sample/program.json", "--videos", $"sample/{videos}", "--adjustments", "sample/adjustments.csv", "--as-of", asOf,
            "--state", $"{name}.loyalty", "--out", name);
    }
}
