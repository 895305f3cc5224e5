using Loyalty.Creators;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Csv;

namespace Loyalty.Ingest.Creators.Refunnel;

/// <summary>Refunnel's export: followers, sales and engagement of each creator, abbreviated or in full.</summary>
internal static class RefunnelExport
{
    private const int HandleColumn = 0;
    private const int FollowersColumn = 1;
    private const int EmvColumn = 2;
    private const int GmvColumn = 3;
    private const int PostsColumn = 4;
    private const int LikesColumn = 5;
    private const int CommentsColumn = 6;
    private const int SharesColumn = 7;
    private const int EngagementColumn = 8;
    private const int ImpressionsColumn = 9;
    private const int PlatformColumn = 10;
    private const int ProfileColumn = 11;
    private const int LastPostColumn = 12;

    public static CsvColumn[] Columns { get; } =
    [
        new("username", true, "handle", "creator"),
        new("followers", true, "follower_count"),
        new("emv", false),
        new("gmv", false),
        new("total_posts", false, "total posts", "posts"),
        new("likes", false),
        new("comments", false),
        new("shares", false),
        new("engagement", false, "engagements"),
        new("impressions", false),
        new("platform", false),
        new("profile", false, "profile_url"),
        new("last_post", false, "last post"),
    ];

    public static void Take(CreatorTable table)
    {
        if (!table.TryHandle(HandleColumn)
            || !table.TryCount(FollowersColumn, out var followers) || !table.TryAmount(EmvColumn, out var emv) || !table.TryAmount(GmvColumn, out var gmv)
            || !table.TryCount(PostsColumn, out var posts) || !table.TryCount(LikesColumn, out var likes) || !table.TryCount(CommentsColumn, out var comments)
            || !table.TryCount(SharesColumn, out var shares) || !table.TryCount(EngagementColumn, out var engagement)
            || !table.TryCount(ImpressionsColumn, out var impressions))
        {
            return;
        }

        var creator = table.Creator();
        table.SayFollowers(creator, followers);
        table.SayGmv(creator, gmv);
        table.Clear();
        table.Append(followers);
        table.Append(gmv);
        table.Append(emv);
        table.Append(posts);
        table.Append(likes);
        table.Append(comments);
        table.Append(shares);
        table.Append(engagement);
        table.Append(impressions);
        table.Append(table[PlatformColumn]);
        table.Append(table[ProfileColumn]);
        table.Append(table[LastPostColumn]);
        table.Statements.SaySnapshot(creator, table.Record, table.Line);
    }
}
