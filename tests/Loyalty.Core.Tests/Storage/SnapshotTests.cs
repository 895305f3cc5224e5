using System.Security.Cryptography;
using Loyalty.Money;
using Loyalty.Programs;
using Loyalty.Storage.Files;
using Loyalty.Storage.InMemory;
using Loyalty.Storage.InMemory.Members;
using Loyalty.Storage.Runs;
using Loyalty.Tests.Tiers;

namespace Loyalty.Tests.Storage;

public sealed class SnapshotTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("loyalty").FullName;

    private string FilePath => Path.Combine(_directory, "state");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_store_is_read_back_as_it_was_kept_byte_by_byte()
    {
        var e = Make();
        SnapshotFile.Save(e.Store, FilePath);
        var bytes = File.ReadAllBytes(FilePath);
        var again = SnapshotFile.Load(FilePath);
        SnapshotFile.Save(again, FilePath);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
        Assert.Equal(Drive.Show(e.Store), Drive.Show(again));
        Assert.False(File.Exists(FilePath + ".new"));
        Assert.Equal(("acme", Currency.Get("USD")), SnapshotFile.ReadOwner(FilePath));
    }

    [Fact]
    public void S05_Every_flipped_byte_is_refused()
    {
        var bytes = Kept();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= (byte)(1 << (i % 8));
            CheckRefused(bytes, i);
            bytes[i] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public void S05_Every_removed_byte_and_every_shorter_file_is_refused()
    {
        var bytes = Kept();
        for (var i = 0; i < bytes.Length; i++)
        {
            CheckRefused([.. bytes[..i], .. bytes[(i + 1)..]], i);
            CheckRefused(bytes[..i], i);
        }

        CheckRefused([.. bytes, 0], bytes.Length);
    }

    [Theory]
    [InlineData(2, StoreFault.Newer)]
    [InlineData(int.MaxValue, StoreFault.Newer)]
    [InlineData(0, StoreFault.Damaged)]
    [InlineData(-1, StoreFault.Damaged)]
    public void A_file_of_another_version_is_refused_though_its_checksum_fits(int version, StoreFault fault)
    {
        var bytes = Kept();
        BitConverter.TryWriteBytes(bytes.AsSpan(8), version);
        SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32), bytes.AsSpan(bytes.Length - 32));
        File.WriteAllBytes(FilePath, bytes);
        Assert.Equal(fault, Assert.Throws<StoreException>(() => SnapshotFile.Load(FilePath)).Fault);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
    }

    /// <summary>Whoever also forges the checksum gets a refusal or a store, never another exception.</summary>
    [Fact]
    public void A_forged_file_is_refused_or_read_and_nothing_else()
    {
        var bytes = Kept();
        var random = new Random(7);
        var damaged = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var forged = bytes.ToArray();
            forged[random.Next(12, forged.Length - 32)] = (byte)random.Next(256);
            SHA256.HashData(forged.AsSpan(0, forged.Length - 32), forged.AsSpan(forged.Length - 32));
            File.WriteAllBytes(FilePath, forged);
            try
            {
                SnapshotFile.Load(FilePath);
            }
            catch (StoreException e)
            {
                Assert.Equal(StoreFault.Damaged, e.Fault);
                damaged++;
            }
        }

        Assert.InRange(damaged, 1, 4_999);
    }

    [Theory]
    [InlineData("\"tenant\":\"acme\"", "\"tenant\":\"other\"", StoreFault.OtherTenant)]
    [InlineData("\"currency\":\"USD\"", "\"currency\":\"EUR\"", StoreFault.OtherCurrency)]
    public async Task Another_tenant_or_currency_is_refused_by_the_file_and_by_the_store(string from, string to, StoreFault fault)
    {
        var before = Kept();
        var other = LoyaltyProgram.Parse(Example.OneMonth.ToJson().Replace(from, to, StringComparison.Ordinal));
        var store = new InMemoryMemberStore();
        Drive.Sync(store, other, new Run(0, Example.Date("2025-01-01"), [], []));
        Assert.Equal(fault, Assert.Throws<StoreException>(() => SnapshotFile.Save(store, FilePath)).Fault);
        Assert.Equal(before, File.ReadAllBytes(FilePath));
        var kept = SnapshotFile.Load(FilePath);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await kept.BeginRunAsync(other, Example.Date("2026-01-01")));
        Assert.Equal(fault, refused.Fault);
        Assert.Equal(Drive.Bytes(SnapshotFile.Load(FilePath)), Drive.Bytes(kept));
    }

    [Fact]
    public void Parts_of_other_features_are_carried_over()
    {
        var part = new byte[300_000];
        new Random(3).NextBytes(part);
        File.Move(SnapshotContainer.Prepare(FilePath, "acme", "USD", new SnapshotPart("points", w => w.Bytes(part))), FilePath);
        Assert.Null(SnapshotFile.Load(FilePath).Program);
        var e = Make();
        SnapshotFile.Save(e.Store, FilePath);
        SnapshotFile.Save(e.Store, FilePath);
        Assert.Equal(Drive.Bytes(e.Store), Drive.Bytes(SnapshotFile.Load(FilePath)));
        using var container = SnapshotContainer.Open(FilePath);
        Assert.Equal(part, container.Read("points", r =>
        {
            var read = new byte[part.Length];
            r.Bytes(read);
            return read;
        }));
    }

    /// <summary>The parts that were not read stand in the file that was read and nowhere else.</summary>
    [Fact]
    public void A_store_read_in_part_is_written_where_it_was_read_and_nowhere_else()
    {
        SnapshotFile.Save(Make().Store, FilePath);
        var members = StateFile.Load(FilePath, StateParts.Members);
        var other = Path.Combine(_directory, "other.loyalty");
        StateFile.Save(members, other);
        File.Move(SnapshotContainer.Prepare(FilePath, "acme", "USD", new SnapshotPart("points", w => w.Bytes([1]))), FilePath, overwrite: true);
        members = StateFile.Load(FilePath, StateParts.Members);
        Assert.Contains("without all of its parts", Assert.Throws<InvalidOperationException>(() => StateFile.Save(members, other)).Message, StringComparison.Ordinal);
        StateFile.Save(members, Path.Combine(_directory, ".", Path.GetFileName(FilePath)));
        using var container = SnapshotContainer.Open(FilePath);
        Assert.Equal("01", container.Read("points", static r =>
        {
            var part = new byte[1];
            r.Bytes(part);
            return Convert.ToHexString(part);
        }));
    }

    [Fact]
    public void A_store_without_texts_is_not_kept()
    {
        var store = new InMemoryLoyaltyStore("acme", Currency.Get("USD")) { KeepsTexts = false };
        Assert.False(store.KeepsTexts);
        var run = new Run(0, Example.Date("2025-01-01"), [new Video("1", "ann", Example.Date("2025-01-01"), 5m)], []);
        Drive.Sync(store.Members, LoyaltyProgram.Parse(Example.OneMonth.ToJson()), run);
        Assert.Contains("KeepsTexts", Assert.Throws<InvalidOperationException>(() => StateFile.Save(store, FilePath)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public void An_empty_store_is_not_kept_and_a_missing_file_is_not_made()
    {
        Assert.Throws<InvalidOperationException>(() => SnapshotFile.Save(new InMemoryMemberStore(), FilePath));
        Assert.Throws<FileNotFoundException>(() => SnapshotFile.Load(FilePath));
        Assert.Empty(Directory.GetFiles(_directory));
    }

    private static Example Make()
    {
        var e = new Example(Example.OneMonth with { Missions = [new("m", "videos", 2, "every") { Days = 20 }] });
        e.Run(
            "2025-02-05", e.Sale("2025-01-01", 100, views: 5), e.Sale("2025-02-10", 50, "bob") with { Title = "naïve \"title\"\n" },
            e.Adjust("2025-01-11", 50, units: 1) with { Reason = "because" });
        return e;
    }

    private byte[] Kept()
    {
        SnapshotFile.Save(Make().Store, FilePath);
        return File.ReadAllBytes(FilePath);
    }

    /// <summary>Damaged; where the version itself is hit, it may also look like a newer file.</summary>
    private void CheckRefused(byte[] bytes, int at)
    {
        File.WriteAllBytes(FilePath, bytes);
        var fault = Assert.Throws<StoreException>(() => SnapshotFile.Load(FilePath)).Fault;
        Assert.True(fault == StoreFault.Damaged || (fault == StoreFault.Newer && at is >= 8 and < 12), $"byte {at}: {fault}");
        Assert.Equal(fault, Assert.Throws<StoreException>(() => SnapshotFile.ReadOwner(FilePath)).Fault);
    }
}
