using Loyalty.Tests.Stores.Server;

namespace Loyalty.Tests.Host.Sync;

/// <summary>F16: a row whose amount takes a total out of 64 bits is rejected with file and line; the run goes on.</summary>
public sealed class OverflowTests(TestServer server)
{
    private const string Rows = """
        ann,https://www.tiktok.com/@ann/video/1,1,0,0,92233720368547000.00,1.0,1,2025-03-01,nearly all there is
        ann,https://www.tiktok.com/@ann/video/2,1,0,0,758.08,1.0,1,2025-03-02,one cent too many
        ann,https://www.tiktok.com/@ann/video/3,1,0,0,758.07,1.0,1,2025-03-03,the last cent
        bob,https://www.tiktok.com/@bob/video/4,9223372036854775807,0,0,5.00,1.0,1,2025-03-01,
        bob,https://www.tiktok.com/@bob/video/5,1,0,0,5.00,1.0,1,2025-03-01,
        cid,https://www.tiktok.com/@cid/video/6,1,0,0,5.00,1.0,1,2025-03-01,

        """;

    private const string Header = "Handle,Video URL,Views,Likes,Comments,GMV,CTR,Units Sold,Post Date,Video Title\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void F16_The_row_that_takes_a_total_out_of_64_bits_is_rejected_and_the_run_goes_on(bool onPostgres)
    {
        using var desk = new Desk();
        using var database = onPostgres ? server.CreateDatabase() : null;
        string[] place = database is null ? ["--state", "s.loyalty"] : ["--postgres", database.AppConnectionString];
        desk.Write("videos.csv", Header + Rows);
        desk.Write("more.csv", "id,handle,date,sales,units,reason\na1,ann,2025-03-05,0.01,0,over\na2,cid,2025-03-05,1.00,0,fits\n");
        desk.Sync(["--as-of", "2025-03-31", "--adjustments", "more.csv", .. place]).With(0);
        Assert.Equal(
            [
                "more.csv,2,sales,takes the member's total out of 64 bits,0.01",
                "videos.csv,3,GMV,takes the member's total out of 64 bits,758.08",
                "videos.csv,6,Views,takes the member's total out of 64 bits,1",
            ],
            desk.Lines("out/rejects.csv").Skip(1).Select(static l => string.Join(',', l.Split(',').Take(5))));
        Assert.Equal(
            ["ann 92233720368547758.07", "bob 5.00", "cid 5.00"], desk.Lines("out/members.csv").Skip(1).Select(static l => $"{l.Split(',')[0]} {l.Split(',')[6]}"));

        // The next file has one cent more for a member who has all there is in the store.
        desk.Write("videos.csv", Header + "ann,https://www.tiktok.com/@ann/video/7,1,0,0,0.01,1.0,1,2025-03-09,later\ncid,https://www.tiktok.com/@cid/video/8,1,0,0,2.00,1.0,1,2025-03-09,\n");
        desk.Sync(["--as-of", "2025-04-01", .. place]).With(0);
        Assert.StartsWith("videos.csv,2,GMV,takes the member's total out of 64 bits,0.01", Assert.Single(desk.Lines("out/rejects.csv").Skip(1)), StringComparison.Ordinal);
        Assert.Contains(desk.Lines("out/members.csv"), static l => l.StartsWith("cid,", StringComparison.Ordinal) && l.Contains(",7.00,", StringComparison.Ordinal));
    }
}
