using Loyalty.Creators;
using Loyalty.Ingest.Creators.Tables;
using Loyalty.Ingest.Csv;

namespace Loyalty.Ingest.Creators.Phones;

/// <summary>Raw phone numbers with the names of their owners; the recipient of a parcel is not used.</summary>
internal static class PhonesExport
{
    private const int HandleColumn = 0;
    private const int FirstNameColumn = 1;
    private const int LastNameColumn = 2;
    private const int PhoneColumn = 3;

    public static CsvColumn[] Columns { get; } =
    [
        new("Username", true, "Buyer Username", "Creator username", "Handle", "TikTok Handle"),
        new("First Name", false, "Firstname", "Given Name"),
        new("Last Name", false, "Lastname", "Surname", "Family Name"),
        new("Phone #", true, "Phone", "Phone Number"),
        new("Recipient", false),
    ];

    public static void Take(CreatorTable table)
    {
        if (!table.TryHandle(HandleColumn))
        {
            return;
        }

        var creator = table.Creator();
        table.SayName(creator, CreatorField.FirstName, FirstNameColumn);
        table.SayName(creator, CreatorField.LastName, LastNameColumn);
        table.SayPhone(creator, PhoneColumn);
    }
}
