using Loyalty.Creators;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Csv;

namespace Loyalty.Ingest.Creators.Euka;

/// <summary>Euka's export: contacts, an address in one cell, and figures in columns that carry the name of the brand.</summary>
internal static class EukaExport
{
    private const int HandleColumn = 0;
    private const int EmailColumn = 1;
    private const int PhoneColumn = 2;
    private const int AddressColumn = 3;
    private const int GmvColumn = 4;
    private const int VideosColumn = 5;
    private const int LivesColumn = 6;
    private const int ProductsColumn = 7;

    /// <summary>What the brand's columns end with.</summary>
    private static readonly string[] Endings = ["GMV ALL TIME", "VIDEOS POSTED ALL TIME", "LIVES ALL TIME"];

    public static CsvColumn[] Columns { get; } =
    [
        new("handle", true, "creator_handle", "creator handle", "username"),
        new("email", false, "e-mail", "email address"),
        new("phone", false, "phone number", "phone #"),
        new("address", false, "shipping address"),
        new(Endings[0], false, "last_30d_gmv_our_shop"),
        new(Endings[1], false),
        new(Endings[2], false),
        new("products_sampled", false, "products sampled"),
    ];

    /// <summary>The names of a header, those of the brand's columns cut to their endings.</summary>
    /// <exception cref="SourceException">The header has the figures of two brands.</exception>
    public static string[] Rename(string file, string[] names)
    {
        var renamed = new string[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            renamed[i] = names[i];
            foreach (var ending in Endings)
            {
                if (names[i].EndsWith(ending, StringComparison.OrdinalIgnoreCase))
                {
                    renamed[i] = ending;
                }
            }
        }

        foreach (var ending in Endings)
        {
            var brands = names.Where((_, i) => string.Equals(renamed[i], ending, StringComparison.Ordinal)).ToArray();
            if (brands.Length > 1)
            {
                throw new SourceException(
                    SourceFault.Header, $"{file}: the header has the figures of two brands, '{brands[0]}' and '{brands[1]}'; remove the columns of one.");
            }
        }

        return renamed;
    }

    public static void Take(CreatorTable table)
    {
        if (!table.TryHandle(HandleColumn) || !table.TryAmount(GmvColumn, out var gmv) || !table.TryCount(VideosColumn, out var videos)
            || !table.TryCount(LivesColumn, out var lives))
        {
            return;
        }

        var creator = table.Creator();
        table.SayEmail(creator, EmailColumn);
        table.SayPhone(creator, PhoneColumn);
        table.SayAddress(creator, AddressColumn);
        table.SayGmv(creator, gmv);
        var products = table[ProductsColumn];
        if (gmv is not null || videos is not null || lives is not null || !products.IsEmpty)
        {
            table.SayFigures(creator, gmv, videos, lives, products);
        }
    }
}
